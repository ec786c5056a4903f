// Clock: the three things the agent asks of time.
#pragma once

#include <chrono>
#include <cstdint>

namespace skiff::agent {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Seconds since 1970 UTC as the real-time clock has them: possibly nonsense, see trusted_time().
  [[nodiscard]] virtual std::int64_t wall() const = 0;
  /// Seconds since the system was started, also while it slept; what every interval is measured with.
  [[nodiscard]] virtual std::uint64_t uptime() const = 0;
  /// Waits; false if the program was asked to end meanwhile.
  virtual bool pause(std::chrono::milliseconds duration) = 0;
  /// Tells whoever watches this program that something went on.
  virtual void tick() {}
};

}  // namespace skiff::agent
