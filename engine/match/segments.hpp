// Segments: runs of a diagonal (base position − result position) along which base and result are mostly
// alike.
#pragma once

#include <cstdint>
#include <vector>

#include "match/extension.hpp"
#include "match/neighbours.hpp"
#include "skiff/bytes.hpp"

namespace skiff::match {

/// Result positions [begin, end) may be copied from base positions [begin + diagonal, end + diagonal).
struct Segment {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::int64_t diagonal = 0;
  bool operator==(const Segment&) const = default;
};

/// When equal bytes count as a sign that two places belong together, and how far a segment reaches from
/// there. Without the first three rules repetitive tables (symbol indexes, relocations, empty pages) breed
/// segments by the hundred thousand that no cover uses.
struct SeedRules {
  std::size_t min_length = 8;         ///< equal bytes of a seed
  std::size_t min_telling = 6;        ///< of which neither 00 nor FF, unless it is sure
  unsigned max_occurrences = 16;      ///< in the base, of its first and last eight bytes, unless it is long
  std::size_t long_length = 32;       ///< from here on occurrences do not matter
  std::size_t sure_length = 64;       ///< from here on content does not matter
  ExtensionScores extension{};        ///< how a seed is prolonged into a segment
  std::uint64_t work_per_byte = 500;  ///< bytes looked at up to a place; then long seeds only, not far
};

/// How often each eight bytes stand in the base, by hash: never too low, and at most 255.
class Occurrences {
 public:
  explicit Occurrences(ByteView base);
  [[nodiscard]] unsigned of(const std::uint8_t* eight_bytes) const { return counts_[slot(eight_bytes)]; }

 private:
  [[nodiscard]] std::size_t slot(const std::uint8_t* eight_bytes) const;

  unsigned shift_;
  std::vector<std::uint8_t> counts_;
};

/// One pair of buffers and what is known of them; everything is owned by the caller.
struct Texts {
  ByteView base;
  ByteView result;
};

/// Result positions [begin, end).
struct Range32 {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct SegmentSearch {
  std::vector<Segment> segments;  ///< ascending by begin, then diagonal
  std::uint64_t work = 0;         ///< bytes looked at
};

/// Segments within `stretch` of the result, found from the seeds there.
SegmentSearch find_segments(const Texts& texts, const Neighbours& neighbours, const Occurrences& occurrences,
                            Range32 stretch, const SeedRules& rules);

}  // namespace skiff::match
