// ProgressBar: one line on a terminal that says what is being done and how far it is; nothing elsewhere.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace skiff::cli {

class ProgressBar {
 public:
  ProgressBar();
  /// Wipes the line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Shows `stage` at `done` in [0, 1]; may be called from several threads, redraws only when something
  /// changes.
  void show(std::string_view stage, double done);

 private:
  std::mutex mutex_;
  bool on_terminal_;
  int percent_ = -1;
  std::string stage_;
};

}  // namespace skiff::cli
