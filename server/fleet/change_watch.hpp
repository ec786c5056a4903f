// ChangeWatch: whether anything changed that can end downloads, asked of the database once for all of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "event_log.hpp"
#include "skiff/result.hpp"

namespace skiff::server {

/// Thread-safe. Thousands of downloads ask several times a second; what they share is a number that is at
/// most kAge old.
class ChangeWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kAge{200};

  /// `read` gives the number, which is another one after every change.
  explicit ChangeWatch(std::function<Result<std::uint64_t>()> read) : read_(std::move(read)) {}

  /// The number; nothing where it cannot be read. May block on the database.
  std::optional<std::uint64_t> last(Clock::time_point now = Clock::now()) {
    const std::lock_guard lock(mutex_);
    if (next_ && now < *next_) return number_;
    const auto number = read_();
    if (!number) log_event(Severity::kError, "changes-unknown", {{"error", number.error().text()}});
    number_ = number ? std::optional(*number) : std::nullopt;
    next_ = now + kAge;
    return number_;
  }

 private:
  std::function<Result<std::uint64_t>()> read_;
  std::mutex mutex_;
  std::optional<std::uint64_t> number_;
  std::optional<Clock::time_point> next_;  ///< when it is read again; nothing: it never was
};

}  // namespace skiff::server
