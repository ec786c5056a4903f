#include "predict/reference_scan.hpp"

#include <algorithm>

namespace skiff {

ReferenceScan::ReferenceScan(const BaseChunk& bytes, const TypedRange& range, std::uint64_t begin)
    : bytes_(bytes), range_(range) {
  if (range.kind != Kind::kA64) return;
  const std::uint64_t first = std::max(begin - std::min(begin, 4 * kPageReach), range.offset);
  for (std::uint64_t at = (first + 3) / 4 * 4; at < begin; at += 4) may_refer(bytes.u32(at), at);
}

std::uint64_t ReferenceScan::skip(std::uint64_t at, std::uint64_t stop) {
  if (range_.kind == Kind::kA64) return skip_a64(at, stop);
  return range_.kind == Kind::kX64 ? skip_x64(at, stop) : at;
}

std::uint64_t ReferenceScan::skip_a64(std::uint64_t at, std::uint64_t stop) {
  if (at % 4 != 0) return at;
  while (at < stop && !may_refer(bytes_.u32(at), at)) at += 4;
  return at;
}

/// Also notes which register an ADRP makes.
bool ReferenceScan::may_refer(std::uint32_t word, std::uint64_t at) {
  const Reference reference = a64_reference(word);
  if (reference == Reference::kA64Page) pages_[a64_destination(word)] = at + 4;
  if (reference != Reference::kA64PageAdd && reference != Reference::kA64PageLoad)
    return reference != Reference::kNone;
  const std::uint64_t page = pages_[a64_source(word)];
  return page != 0 && at + 4 - page <= 4 * kPageReach;
}

std::uint64_t ReferenceScan::skip_x64(std::uint64_t at, std::uint64_t stop) const {
  if (at < 2) return at;
  const ByteView before = bytes_.bytes(at - 2, stop - at + 1);
  for (std::size_t i = 1; i < before.size(); ++i) {
    const Precedes precedes = kX64Precedes[before[i]];
    if (precedes == Precedes::kNothing) continue;
    if (precedes == Precedes::kFieldAfter0F && before[i - 1] != 0x0F) continue;
    return at + i - 1;
  }
  return stop;
}

}  // namespace skiff
