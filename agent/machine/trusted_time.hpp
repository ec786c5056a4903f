// Trusted time: what the agent takes for the time where the clock may be missing, reset or wrong.
#pragma once

#include <algorithm>
#include <cstdint>

namespace skiff::agent {

/// Seconds since 1970 UTC; 0 where unknown.
struct TimeSources {
  std::int64_t clock = 0;      ///< the real-time clock, as it is
  std::int64_t persisted = 0;  ///< the last trusted time that signed metadata agreed with
  std::int64_t build = 0;      ///< when this agent was released: the time cannot be before
  std::int64_t issued = 0;     ///< when the newest release it verified was signed
};

/// A clock that is further ahead of the build than this is broken, not late.
inline constexpr std::int64_t kLongestLife = std::int64_t{30} * 365 * 86'400;

/// When this version of the agent was made: 22 November 2026. Raised with each version, by hand, so that
/// two builds of one source are the same bytes.
inline constexpr std::int64_t kBuildTime = 1'795'305'600;

/// By a clock that is before this program was made no hour and no month is known.
constexpr bool is_clock_set(std::int64_t wall) { return wall >= kBuildTime; }

/// The latest of the sources; the clock counts only while it is sane: not before what is known, not absurdly
/// far ahead. Time so never goes back, and no clock at all is a clock that stands still.
constexpr std::int64_t trusted_time(const TimeSources& sources) {
  const std::int64_t known = std::max({sources.persisted, sources.build, sources.issued});
  const bool sane = sources.clock <= sources.build + kLongestLife;
  return sane ? std::max(known, sources.clock) : known;
}

}  // namespace skiff::agent
