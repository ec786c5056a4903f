// BackgroundSink: a sink whose bytes are written by a thread of their own, while more of them are made.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>

#include "base/thread.hpp"
#include "skiff/io.hpp"

namespace skiff {

/// Keeps two buffers of kBuffer bytes: one is filled while the other is written. One thread calls it, and
/// writes itself where no other can begin.
class BackgroundSink final : public Sink {
 public:
  static constexpr std::size_t kBuffer = std::size_t{256} << 10;

  /// `to` must outlive it, and is called by the other thread until finish() has returned.
  explicit BackgroundSink(Sink& to);
  /// What was not finished may be lost.
  ~BackgroundSink() override;
  BackgroundSink(const BackgroundSink&) = delete;
  BackgroundSink& operator=(const BackgroundSink&) = delete;

  /// Errors: those of bytes that it was given before. After one nothing more is written.
  Result<void> write(ByteView bytes) override;
  /// All of it is written. The last call. Errors: those of `to`.
  Result<void> finish();

 private:
  void work();
  /// Waits for the bytes before.
  Result<void> hand_over();
  void stop();

  Sink& to_;
  Bytes filled_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  Bytes written_;  ///< in the other thread's hands while it is busy
  bool busy_ = false;
  bool ends_ = false;
  Result<void> outcome_;
  std::optional<Thread> thread_;
};

}  // namespace skiff
