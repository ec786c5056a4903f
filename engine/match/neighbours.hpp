// Suffix neighbours: for each position of the result, the base positions whose text is most like what follows
// it.
#pragma once

#include <cstdint>
#include <vector>

#include "match/suffix_order.hpp"
#include "skiff/bytes.hpp"

namespace skiff::match {

/// Indexed by result position. In suffix_order() of base ‖ result, `before` is the closest suffix above the
/// result's that begins in the base, `after` the closest below; kNone where there is none. One of the two has
/// the longest prefix in common with the result's suffix that any base position has, as far as the rule tells
/// suffixes apart (as no suffix between them begins in the base), so the lengths themselves are not kept:
/// comparing the bytes gives them.
struct Neighbours {
  static constexpr std::int32_t kNone = -1;
  std::vector<std::int32_t> before;
  std::vector<std::int32_t> after;
};

/// Bytes find_neighbours() needs at most, its text and what it gives back included.
std::uint64_t neighbours_memory(std::uint64_t base_length, std::uint64_t result_length);

/// `text` is base ‖ result, shorter than 2^31 bytes; the result begins at `base_length`. Sorts suffixes, then
/// sweeps in each direction, one thread each if `threads` allows.
Neighbours find_neighbours(ByteView text, std::size_t base_length, const OrderRule& rule, unsigned threads);

}  // namespace skiff::match
