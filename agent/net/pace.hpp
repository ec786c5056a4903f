// Pace: how fast an exchange over a link may go, and how slow it may be before it is given up.
#pragma once

#include <chrono>
#include <cstdint>

#include "skiff/result.hpp"

namespace skiff::agent {

struct PaceLimits {
  std::chrono::milliseconds deadline{0};    ///< for all of it; 0: none
  std::chrono::milliseconds stall{30'000};  ///< `slowest` is the least mean of any span as long as this
  std::uint32_t slowest = 32;               ///< bytes/s
  std::uint64_t rate = 0;                   ///< bytes/s at most; 0: no limit
};

/// Of one exchange, from its making on. Pauses for the rate's sake are not the link's slowness.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Pace(const PaceLimits& limits, Clock::time_point now = Clock::now());

  /// How long may be waited now for more to come or to be taken; kNetwork where it was too long already.
  [[nodiscard]] Result<std::chrono::milliseconds> patience(Clock::time_point now = Clock::now()) const;
  /// So many bytes went, one way or the other. Gives for how long nothing may be read or written now.
  std::chrono::milliseconds moved(std::uint64_t bytes, Clock::time_point now = Clock::now());
  /// The most that is to be read or written at once: at a low rate little, or the pauses would be long.
  [[nodiscard]] std::size_t piece() const;

 private:
  PaceLimits limits_;
  Clock::time_point began_;
  Clock::time_point span_began_;  ///< of what `slowest` is a mean
  std::uint64_t in_span_ = 0;
};

}  // namespace skiff::agent
