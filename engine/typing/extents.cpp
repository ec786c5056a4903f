#include "typing/extents.hpp"

#include <algorithm>

namespace skiff::typing {
namespace {

/// Ranges are written one after another: what lies between them is kRaw.
void append_after_gap(Space& space, const TypedRange& range) {
  const std::uint64_t end =
      space.types.empty() ? space.begin : space.types.back().offset + space.types.back().length;
  if (range.offset > end) space.types.push_back({end, range.offset - end, Kind::kRaw, 0});
  space.types.push_back(range);
}

}  // namespace

Result<void> ExtentSource::read_at(std::uint64_t offset, MutableBytes out) const {
  if (offset > file_.size || out.size() > file_.size - offset) {
    return fail(ErrorKind::kUsage, "read past the end of a file in the image");
  }
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const std::uint64_t end = offset + out.size();
  for (const Extent& extent : file_.extents) {
    const std::uint64_t from = std::max(offset, extent.file_offset);
    const std::uint64_t to = std::min(end, extent.file_offset + extent.length);
    if (from >= to) continue;
    SKIFF_TRY(image_.read_at(
        extent.image_offset + (from - extent.file_offset),
        out.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from))));
  }
  return {};
}

Space placed(const Space& space, const FileExtents& file) {
  Space out;
  out.low = space.low;
  out.high = space.high;
  out.begin = file.extents.front().image_offset;
  out.end = file.extents.back().image_offset + file.extents.back().length;
  for (const Extent& extent : file.extents) {
    const std::uint64_t shift = extent.image_offset - extent.file_offset;
    const auto clip = [&](std::uint64_t offset, std::uint64_t length, const auto& keep) {
      const std::uint64_t from = std::max(offset, extent.file_offset);
      const std::uint64_t to = std::min(offset + length, extent.file_offset + extent.length);
      if (from < to) keep(from, to - from);
    };
    for (const AddressRange& range : space.addresses) {
      clip(range.offset, range.length, [&](std::uint64_t from, std::uint64_t length) {
        out.addresses.push_back({from + shift, length, range.address + (from - range.offset)});
      });
    }
    for (const TypedRange& range : space.types) {
      clip(range.offset, range.length, [&](std::uint64_t from, std::uint64_t length) {
        append_after_gap(out, {from + shift, length, range.kind, range.origin});
      });
    }
  }
  return out;
}

}  // namespace skiff::typing
