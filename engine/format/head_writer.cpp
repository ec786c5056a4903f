#include <array>

#include "base/cursor.hpp"
#include "base/varint.hpp"
#include "format/head.hpp"
#include "format/head_fields.hpp"

namespace skiff {
namespace {

using SegmentIterator = std::vector<SegmentInfo>::const_iterator;

SegmentIterator window_end(SegmentIterator map, SegmentIterator last) {
  SegmentIterator at = map + 1;
  while (at != last && !at->is_map) ++at;
  return at;
}

void put_window(Bytes& out, SegmentIterator map, SegmentIterator end) {
  put_varint(out, map->wire_length);
  put_varint(out, static_cast<std::uint64_t>(end - map - 1));
  for (SegmentIterator segment = map + 1; segment != end; ++segment) {
    put_varint(out, segment->result_length);
    put_varint(out, segment->wire_length);
    put_u64le(out, segment->digest);
  }
}

void put_segment_table(Bytes& out, const std::vector<SegmentInfo>& segments) {
  std::uint64_t windows = 0;
  for (const SegmentInfo& segment : segments) windows += segment.is_map ? 1 : 0;
  put_varint(out, windows);
  for (SegmentIterator map = segments.begin(); map != segments.end();) {
    const SegmentIterator end = window_end(map, segments.end());
    put_window(out, map, end);
    map = end;
  }
}

void put_image(Bytes& out, const ImageId& image) {
  put_varint(out, image.length);
  put_bytes(out, image.sha256.bytes);
}

void put_parameters(Bytes& out, const DeltaInfo& info) {
  if (info.codec == Codec::kZstd) return put_varint(out, 0);
  const std::array<std::uint8_t, 3> sizes{info.models.slot_lines, info.models.history, info.models.learned};
  put_varint(out, sizes.size());
  put_bytes(out, sizes);
}

void put_opening(Bytes& out, const Opening& opening) {
  put_varint(out, opening.base_length);
  put_varint(out, opening.result_length);
  put_varint(out, opening.memory);
  put_varint(out, opening.recipe.size());
  put_bytes(out, opening.recipe);
}

Bytes header_fields(const DeltaInfo& info) {
  Bytes out;
  put_varint(out, static_cast<std::uint64_t>(info.codec));
  put_varint(out, static_cast<std::uint64_t>(info.profile));
  put_varint(out, info.opening ? info.opening->features : 0);
  put_image(out, info.base);
  put_image(out, info.result);
  put_varint(out, info.limits.segment_wire);
  put_varint(out, info.limits.segment_raw);
  put_varint(out, info.limits.window_copies);
  put_parameters(out, info);
  if (info.opening) put_opening(out, *info.opening);
  put_segment_table(out, info.segments);
  return out;
}

}  // namespace

Bytes write_head(const DeltaInfo& info) {
  const Bytes fields = header_fields(info);
  Bytes out(kMagic.begin(), kMagic.end());
  out.push_back(kFormatVersion);
  put_varint(out, fields.size());
  put_varint(out, info.frames.size());
  put_bytes(out, fields);
  for (const Sha256& frame : info.frames) put_bytes(out, frame.bytes);
  return out;
}

}  // namespace skiff
