#include "diff/opened_typing.hpp"

#include <algorithm>

namespace skiff {
namespace {

using typing::FileExtents;
using unpack::Stretch;

constexpr std::uint64_t kLeastContent = 512;  ///< there is no shorter program worth typing

/// Where the plain bytes of a space of the packed image are now: a file whose offsets are those of that
/// image.
FileExtents plain_of(const Space& space, const unpack::Layout& layout) {
  FileExtents out{space.end, {}};
  auto stretch =
      std::partition_point(layout.stretches.begin(), layout.stretches.end(),
                           [&space](const Stretch& s) { return s.packed_at + s.plain <= space.begin; });
  for (; stretch != layout.stretches.end() && stretch->packed_at < space.end; ++stretch) {
    const std::uint64_t from = std::max(space.begin, stretch->packed_at);
    const std::uint64_t to = std::min(space.end, stretch->packed_at + stretch->plain);
    if (from < to) out.extents.push_back({from, to - from, stretch->plain_at + (from - stretch->packed_at)});
  }
  return out;
}

}  // namespace

ImageTyping type_opened(const Source& opened, const ImageTyping& packed, const unpack::Layout& layout) {
  ImageTyping spaces;
  for (const Space& space : packed) {
    const FileExtents file = plain_of(space, layout);
    if (!file.extents.empty()) spaces.push_back(typing::placed(space, file));
  }
  for (const Stretch& stretch : layout.stretches) {
    if (stretch.opened < kLeastContent) continue;
    const FileExtents content{stretch.opened, {{0, stretch.opened, stretch.content_at}}};
    for (const Space& space : typing::type_file(typing::ExtentSource(opened, content)))
      spaces.push_back(typing::placed(space, content));
  }
  return typing::apart(std::move(spaces));
}

}  // namespace skiff
