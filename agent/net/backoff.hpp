// Backoff: how long to wait before trying again, spread so that a fleet does not come back all at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace skiff::agent {

/// Exponential backoff with full jitter: before try n (from 0) a time drawn evenly from 0 to
/// min(cap, base · 2^n). Pure: the random number comes from the caller.
struct Backoff {
  std::chrono::milliseconds base{30'000};
  std::chrono::milliseconds cap{6 * 3'600'000};

  [[nodiscard]] std::chrono::milliseconds ceiling(unsigned tries) const {
    std::chrono::milliseconds limit = std::min(base, cap);
    for (unsigned n = 0; n < tries && limit < cap; ++n) limit = std::min(cap, 2 * limit);
    return limit;
  }
  [[nodiscard]] std::chrono::milliseconds delay(unsigned tries, std::uint64_t random) const {
    const auto range = static_cast<std::uint64_t>(ceiling(tries).count()) + 1;
    return std::chrono::milliseconds(static_cast<std::int64_t>(random % range));
  }
};

}  // namespace skiff::agent
