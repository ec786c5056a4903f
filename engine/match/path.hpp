// The cheapest path: which segments, and which parts of them, make the cover that codes a stretch of the
// result best.
#pragma once

#include <cstdint>
#include <vector>

#include "match/segments.hpp"

namespace skiff::match {

/// What things cost on the wire, in hundredths of a bit. Integers, so that every machine chooses alike.
struct Costs {
  std::int64_t literal_percent = 55;  ///< of a byte's entropy in its surroundings: a byte that no copy covers
  std::int64_t least_literal = 50;    ///< but no less than this
  std::int64_t equal = 1;             ///< a copied byte that stands
  std::int64_t first_mismatch = 800;  ///< a copied byte that changes, after one that stood
  std::int64_t next_mismatch = 300;   ///< after one that changed
  std::int64_t repeated_mismatch = 200;  ///< changed by as much as the byte 4, 8, 16 or 24 before was
  std::int64_t enter = 2200;             ///< a new copy
  std::int64_t enter_per_bit = 140;  ///< and per bit of the distance between its diagonal and the last one's
  std::int64_t resume = 2200;        ///< a new copy on the last one's diagonal
};

/// A piece of the path: result positions [begin, end) copied along `diagonal`.
struct Step {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::int64_t diagonal = 0;
  bool operator==(const Step&) const = default;
};

struct Path {
  std::vector<Step> steps;  ///< ascending, not overlapping
  std::int64_t cost = 0;    ///< of the whole stretch, literals included
  std::uint64_t work = 0;   ///< segment positions looked at (eight equal bytes count as one)
};

/// The cheapest way through `stretch` (Viterbi over its positions: in each, the last byte was a literal or
/// came along one of the segments that pass there; every segment may be left and entered at any position).
/// `segments` are those of find_segments(). Memory follows the number of times the best way changes, not the
/// stretch.
Path cheapest_path(const Texts& texts, const std::vector<Segment>& segments, Range32 stretch,
                   const Costs& costs);

}  // namespace skiff::match
