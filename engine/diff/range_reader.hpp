// RangeReader: what a range of the result is, given its window's copies: residue, literals and digest.
#pragma once

#include <span>

#include "format/residue.hpp"
#include "skiff/io.hpp"

namespace skiff {

/// Both images; owned by the caller, read from several threads.
struct Images {
  const Source& base;
  const Source& result;
};

struct ResultRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The raw streams of a data segment, in the order of the wire, and what else its head needs.
struct RangeStreams {
  std::array<Bytes, kDataStreams> streams;
  std::uint64_t digest = 0;
  PieceTotals totals;

  [[nodiscard]] std::array<ByteView, kDataStreams> views() const;
  [[nodiscard]] std::uint64_t raw_length() const;
};

/// Reads the range of both images once. Memory: the range's bytes that are not verbatim. Errors: kIo.
Result<RangeStreams> read_range(const Images& images, std::span<const Copy> copies, ResultRange range);

}  // namespace skiff
