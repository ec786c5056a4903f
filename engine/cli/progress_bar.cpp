#include "cli/progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace skiff::cli {
namespace {

constexpr int kWidth = 40;

}  // namespace

ProgressBar::ProgressBar() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (on_terminal_ && percent_ >= 0) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(std::string_view stage, double done) {
  if (!on_terminal_) return;
  const std::lock_guard lock(mutex_);
  const int percent = static_cast<int>(std::clamp(done, 0.0, 1.0) * 100);
  if (percent == percent_ && stage == stage_) return;
  percent_ = percent;
  stage_ = stage;
  const int filled = percent * kWidth / 100;
  std::string bar(static_cast<std::size_t>(filled), '#');
  bar.resize(kWidth, '.');
  std::fprintf(stderr, "\r\033[K%-9s [%s] %3d %%", stage_.c_str(), bar.c_str(), percent);
}

}  // namespace skiff::cli
