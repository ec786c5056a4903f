#include "entropy/bit_history.hpp"

#include <algorithm>

namespace skiff {
namespace {

/// The highest count of one bit beside so many of the other, which is the rarer one.
constexpr std::array<std::uint8_t, 6> kLimits{32, 20, 11, 7, 6, 5};
constexpr std::uint8_t kSureCount = 2;  ///< a count above fades when the other bit comes

constexpr std::uint8_t faded(std::uint8_t count) {
  return count <= kSureCount ? count : static_cast<std::uint8_t>(kSureCount + (count - kSureCount) / 4);
}

constexpr BitCounts after(const BitCounts& before, bool bit) {
  std::uint8_t seen = bit ? before.ones : before.zeros;
  std::uint8_t other = faded(bit ? before.zeros : before.ones);
  ++seen;
  const auto fits = [](std::uint8_t a, std::uint8_t b) {
    const std::uint8_t rarer = std::min(a, b);
    return rarer < kLimits.size() && std::max(a, b) <= kLimits[rarer];
  };
  // Where both do not fit, the other bit's count gives way, and then this one's.
  while (!fits(seen, other) && other > seen) --other;
  while (!fits(seen, other)) --seen;
  return bit ? BitCounts{other, seen, true} : BitCounts{seen, other, false};
}

constexpr bool same(const BitCounts& a, const BitCounts& b) {
  return a.zeros == b.zeros && a.ones == b.ones && a.last == b.last;
}

/// Numbers histories in the order in which they are reached.
constexpr BitHistories reached() {
  BitHistories all;
  all.count = 1;
  for (std::uint32_t history = 0; history < all.count; ++history) {
    for (const bool bit : {false, true}) {
      const BitCounts counts = after(all.counts[history], bit);
      std::uint32_t found = 0;
      while (found < all.count && !same(all.counts[found], counts)) ++found;
      if (found == all.count) all.counts[all.count++] = counts;
      all.next[bit ? 1 : 0][history] = static_cast<BitHistory>(found);
    }
  }
  return all;
}

}  // namespace

constexpr BitHistories kBitHistories = reached();

constexpr std::array<std::uint8_t, 256> kHistoryWorth = [] {
  std::array<std::uint8_t, 256> worth{};
  for (std::size_t history = 0; history < worth.size(); ++history) {
    const BitCounts& counts = kBitHistories.counts[history];
    worth[history] = static_cast<std::uint8_t>(counts.zeros + counts.ones);
  }
  return worth;
}();

}  // namespace skiff
