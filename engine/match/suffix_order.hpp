// Suffix order: the positions of a text sorted by the bytes that follow them, to a bounded depth.
#pragma once

#include <cstdint>
#include <vector>

#include "match/homes.hpp"
#include "skiff/bytes.hpp"

namespace skiff::match {

/// How suffixes are told apart.
struct OrderRule {
  static constexpr std::uint32_t kDeepest = 64;
  /// By so many bytes, at most kDeepest, or up to seven more. The bound keeps zeros and other periods from
  /// costing more than they are worth: what is alike for longer is a match wherever it is taken from.
  std::uint32_t depth = kDeepest;
  /// What these leave equal is in the order of its place in the base: a base position's own, a result
  /// position's home, so that the base positions beside a result position are those nearest to its home.
  /// Empty: each position's place is its offset in its own part of the text.
  Homes homes{};
};

/// Bytes that sorting needs for each byte of text, beside the text itself: four of the order and, where every
/// other position is a turn, two of these; while turns are sorted it is less.
inline constexpr std::uint64_t kSuffixMemory = 6;

/// All positions of base ‖ result, which is shorter than 2^31 bytes, in the order of the bytes that follow
/// them; what lies beyond the end counts as zeros. `base_length` is the length of the base.
///
/// The turns of the text, about a third of all positions, are sorted by radix (two bytes, then one while
/// groups are large), then by multikey quicksort eight bytes at a time (Bentley and Sedgewick, "Fast
/// Algorithms for Sorting and Searching Strings", 1997), groups shared among two threads if `threads` allows;
/// the others are induced from them. O(n · depth) at worst, for periodic texts.
std::vector<std::int32_t> suffix_order(ByteView text, std::size_t base_length, const OrderRule& rule,
                                       unsigned threads);

}  // namespace skiff::match
