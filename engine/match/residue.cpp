#include "match/residue.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace skiff::match {
namespace {

Ranges complement(std::uint64_t size, const Ranges& sorted) {
  Ranges out;
  std::uint64_t at = 0;
  for (const Range& range : sorted) {
    if (range.begin > at) out.push_back({at, range.begin});
    at = std::max(at, range.end);
  }
  if (at < size) out.push_back({at, size});
  return out;
}

}  // namespace

std::uint64_t total_length(const Ranges& ranges) {
  std::uint64_t sum = 0;
  for (const Range& range : ranges) sum += range.length();
  return sum;
}

Ranges uncovered(std::uint64_t size, Ranges covered, std::uint64_t alignment, std::uint64_t margin) {
  std::sort(covered.begin(), covered.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  Ranges out;
  for (const Range& bare : complement(size, covered)) {
    const std::uint64_t begin = bare.begin > margin ? (bare.begin - margin) / alignment * alignment : 0;
    const std::uint64_t room = size - bare.end;
    const std::uint64_t wide = bare.end + std::min(room, margin + alignment - 1);
    const std::uint64_t end = wide == size ? size : wide / alignment * alignment;
    if (!out.empty() && begin <= out.back().end) {
      out.back().end = std::max(out.back().end, end);
    } else {
      out.push_back({begin, end});
    }
  }
  return out;
}

Result<Residue> Residue::read(const Source& image, const Ranges& ranges) {
  const std::uint64_t length = total_length(ranges);
  assert(length <= std::numeric_limits<std::int32_t>::max());
  Residue out;
  out.bytes_.resize(static_cast<std::size_t>(length));
  std::uint32_t at = 0;
  for (const Range& range : ranges) {
    const auto piece_length = static_cast<std::uint32_t>(range.length());
    SKIFF_TRY(image.read_at(range.begin, MutableBytes(out.bytes_).subspan(at, piece_length)));
    out.pieces_.push_back({at, range});
    at += piece_length;
  }
  return out;
}

Result<void> Residue::rewrite(const std::function<Result<void>(Range, MutableBytes)>& rewrite) {
  for (const Piece& piece : pieces_) {
    const auto length = static_cast<std::size_t>(piece.image.length());
    SKIFF_TRY(rewrite(piece.image, MutableBytes(bytes_).subspan(piece.at, length)));
  }
  return {};
}

const Residue::Piece& Residue::piece_of(std::uint32_t at) const {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), at,
                       [](std::uint32_t value, const Piece& piece) { return value < piece.at; });
  assert(after != pieces_.begin());
  return *(after - 1);
}

}  // namespace skiff::match
