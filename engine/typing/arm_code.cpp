#include "typing/arm_code.hpp"

#include <algorithm>

namespace skiff::typing {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint32_t kAlways = 14;  ///< the condition in the top bits of an A32 instruction

}  // namespace

bool looks_like_a32(ImageReader& image, std::uint64_t offset, std::uint64_t length) {
  std::uint64_t always = 0;
  for (std::uint64_t i = 0; i + 4 <= length; i += 4) always += image.u32(offset + i) >> 28 == kAlways ? 1 : 0;
  return always * 100 > length / 4 * 40;
}

std::vector<TypedRange> arm_ranges(ImageReader& image, std::uint64_t offset, std::uint64_t length,
                                   bool relative) {
  const Kind a32 = relative ? Kind::kA32Relative : Kind::kA32;
  const Kind thumb = relative ? Kind::kThumbRelative : Kind::kThumb;
  std::vector<TypedRange> ranges;
  for (std::uint64_t at = 0; at < length; at += kBlock) {
    const std::uint64_t size = std::min(kBlock, length - at);
    const Kind kind = looks_like_a32(image, offset + at, size) ? a32 : thumb;
    if (ranges.empty() || ranges.back().kind != kind) ranges.push_back({offset + at, 0, kind, 0});
    ranges.back().length += size;
  }
  return ranges;
}

}  // namespace skiff::typing
