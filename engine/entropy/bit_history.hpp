// Bit histories: what a context has seen, as one byte: how many zeros and ones, and which came last
// (FORMAT.md, section 9.3).
//
// Counts are bounded, and a bit that comes after many of the other kind lets these fade, so that a context
// adapts to what it saw lately: the indirect modelling of Mahoney's PAQ family.
#pragma once

#include <array>
#include <cstdint>

namespace skiff {

/// 0 is the history of a context that has seen nothing.
using BitHistory = std::uint8_t;

/// How often each bit came, at most, as far as a history tells, and what came last.
struct BitCounts {
  std::uint8_t zeros = 0;
  std::uint8_t ones = 0;
  bool last = false;
};

/// The histories that there are, and where each bit leads from each of them.
struct BitHistories {
  std::array<std::array<BitHistory, 256>, 2> next{};  ///< [bit][history]
  std::array<BitCounts, 256> counts{};
  std::uint32_t count = 0;  ///< histories above are not reached
};
extern const BitHistories kBitHistories;
inline const BitHistories& bit_histories() { return kBitHistories; }

/// Of each history, how much would be lost with it: how many bits it tells of.
extern const std::array<std::uint8_t, 256> kHistoryWorth;

}  // namespace skiff
