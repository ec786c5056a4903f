// RangeReader: what a range of the result is, given its window's map: residue, literals and digest.
#pragma once

#include <span>

#include "codec/window_view.hpp"
#include "diff/images.hpp"
#include "format/residue.hpp"

namespace skiff {

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

/// Reads the range of both images once; the window is used by this thread alone. Memory: the range's bytes
/// that are not verbatim. Errors: kIo.
Result<RangeStreams> read_range(const Images& images, const WindowView& window, ResultRange range);

}  // namespace skiff
