#include "base/background_sink.hpp"

#include <algorithm>
#include <utility>

namespace skiff {

BackgroundSink::BackgroundSink(Sink& to) : to_(to) {
  filled_.reserve(kBuffer);
  written_.reserve(kBuffer);
  thread_.emplace([this] { work(); });
}

BackgroundSink::~BackgroundSink() { stop(); }

Result<void> BackgroundSink::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView part = bytes.first(std::min(bytes.size(), kBuffer - filled_.size()));
    filled_.insert(filled_.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    if (filled_.size() == kBuffer) SKIFF_TRY(hand_over());
  }
  return {};
}

Result<void> BackgroundSink::finish() {
  const Result<void> last = hand_over();
  stop();
  return last ? outcome_ : last;
}

Result<void> BackgroundSink::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_; });
  if (!outcome_) return outcome_;
  std::swap(filled_, written_);
  filled_.clear();
  if (!thread_->has_begun()) return outcome_ = to_.write(written_);
  busy_ = true;
  changed_.notify_all();
  return {};
}

void BackgroundSink::stop() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.reset();
}

void BackgroundSink::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return busy_ || ends_; });
    if (!busy_) return;
    lock.unlock();
    Result<void> written = to_.write(written_);
    lock.lock();
    if (!written) outcome_ = std::move(written);
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace skiff
