#include <algorithm>
#include <limits>
#include <string>

#include "base/cursor.hpp"
#include "format/head.hpp"
#include "format/head_fields.hpp"
#include "format/limits.hpp"

namespace skiff {
namespace {

tl::unexpected<Error> broken(std::string rule, std::string message) {
  return fail(ErrorKind::kFormat, std::move(message), std::move(rule));
}

tl::unexpected<Error> unknown(std::string rule, std::string_view field, std::uint64_t value) {
  return fail(ErrorKind::kUnsupported, "unknown " + std::string(field) + " " + std::to_string(value),
              std::move(rule));
}

Result<ImageId> read_image(Cursor& cursor) {
  ImageId image;
  SKIFF_ASSIGN(image.length, cursor.varint());
  SKIFF_ASSIGN(image.sha256, cursor.sha256());
  return image;
}

Result<std::uint64_t> read_at_least_one(Cursor& cursor, std::string_view field) {
  SKIFF_ASSIGN(const std::uint64_t value, cursor.varint());
  if (value == 0)
    return broken("F8", std::string(field) + " is 0 before byte " + std::to_string(cursor.position()));
  return value;
}

Result<void> read_codec(Cursor& cursor, DeltaInfo& info) {
  SKIFF_ASSIGN(const std::uint64_t codec, cursor.varint());
  if (codec > static_cast<std::uint64_t>(Codec::kContextMixing)) return unknown("F6", "codec", codec);
  SKIFF_ASSIGN(const std::uint64_t profile, cursor.varint());
  if (profile > static_cast<std::uint64_t>(Profile::kMax)) return unknown("F6", "profile", profile);
  SKIFF_ASSIGN(const std::uint64_t features, cursor.varint());
  if ((features & ~kKnownFeatures) != 0) return unknown("F7", "features", features);
  if (features != 0) info.opening = Opening{.features = features, .recipe = {}};
  info.codec = static_cast<Codec>(codec);
  info.profile = static_cast<Profile>(profile);
  return {};
}

Result<void> read_parameters(Cursor& cursor, DeltaInfo& info) {
  SKIFF_ASSIGN(const std::uint64_t length, cursor.varint());
  const std::uint64_t wanted = info.codec == Codec::kZstd ? 0 : sizeof(ModelSizes);
  if (length != wanted) return broken("F6", std::to_string(length) + " bytes of codec parameters");
  if (wanted == 0) return {};
  SKIFF_ASSIGN(const ByteView sizes, cursor.bytes(wanted));
  info.models = {sizes[0], sizes[1], sizes[2]};
  if (!allowed(info.models)) return broken("F6", "sizes of models out of bounds");
  if (info.limits.segment_raw != 0) return broken("F6", "a limit of raw bytes, which codec 1 does not have");
  return {};
}

/// The recipe is read where it is used: rules F28 to F33.
Result<void> read_opening(Cursor& cursor, DeltaInfo& info) {
  if (!info.opening) return {};
  SKIFF_ASSIGN(info.opening->base_length, cursor.varint());
  SKIFF_ASSIGN(info.opening->result_length, cursor.varint());
  SKIFF_ASSIGN(info.opening->memory, cursor.varint());
  SKIFF_ASSIGN(const std::uint64_t length, cursor.varint());
  SKIFF_ASSIGN(const ByteView recipe, cursor.bytes(length));
  info.opening->recipe.assign(recipe.begin(), recipe.end());
  return {};
}

Result<void> read_limits(Cursor& cursor, DeltaInfo& info) {
  SKIFF_ASSIGN(info.limits.segment_wire, cursor.varint());
  SKIFF_ASSIGN(info.limits.segment_raw, cursor.varint());
  SKIFF_ASSIGN(info.limits.window_copies, cursor.varint());
  SKIFF_TRY(read_parameters(cursor, info));
  SKIFF_TRY(read_opening(cursor, info));
  info.decoder_memory = decoder_memory(info);
  if (info.decoder_memory > memory_limit(info.profile)) {
    return broken("F12", "decoder memory of " + std::to_string(info.decoder_memory) +
                             " bytes, past the limit of profile " + std::string(to_string(info.profile)));
  }
  return {};
}

/// Reads the segment table and lays the segments out on the wire and in the result.
class SegmentTableReader {
 public:
  SegmentTableReader(Cursor& cursor, DeltaInfo& info, std::uint64_t frames)
      : cursor_(cursor), info_(info), frames_(frames), wire_offset_(info.head_length) {}

  Result<void> read() {
    SKIFF_ASSIGN(const std::uint64_t windows, cursor_.varint());
    for (std::uint64_t window = 0; window < windows; ++window)
      SKIFF_TRY(read_window(static_cast<std::uint32_t>(window)));
    if (result_offset_ != made_length(info_)) {
      return broken("F9", "segments make " + std::to_string(result_offset_) + " bytes of a result of " +
                              std::to_string(made_length(info_)));
    }
    if (next_frame_ != frames_) {
      return broken("F11", "segments of " + std::to_string(next_frame_) + " frames, a frame table of " +
                               std::to_string(frames_));
    }
    info_.delta_length = wire_offset_;
    return {};
  }

 private:
  Result<void> read_window(std::uint32_t window) {
    SKIFF_ASSIGN(const std::uint64_t map_wire, read_at_least_one(cursor_, "map_wire"));
    SKIFF_TRY(add_segment({.is_map = true, .window = window, .wire_length = map_wire}));
    SKIFF_ASSIGN(const std::uint64_t segments, read_at_least_one(cursor_, "segments"));
    for (std::uint64_t i = 0; i < segments; ++i) SKIFF_TRY(read_data_segment(window));
    return {};
  }

  Result<void> read_data_segment(std::uint32_t window) {
    SegmentInfo segment{.window = window};
    SKIFF_ASSIGN(segment.result_length, read_at_least_one(cursor_, "result_length"));
    SKIFF_ASSIGN(segment.wire_length, read_at_least_one(cursor_, "wire_length"));
    SKIFF_ASSIGN(segment.digest, cursor_.u64le());
    return add_segment(segment);
  }

  Result<void> add_segment(SegmentInfo segment) {
    const std::string name = "segment " + std::to_string(info_.segments.size());
    if (segment.wire_length > info_.limits.segment_wire) {
      return broken("F10", name + " of " + std::to_string(segment.wire_length) + " wire bytes");
    }
    if (segment.result_length > made_length(info_) - result_offset_) {
      return broken("F9", name + " goes past the end of the result");
    }
    const std::uint64_t frames = frame_count(segment.wire_length);
    if (frames > frames_ - next_frame_) {
      return broken("F11", name + " needs more frames than the frame table's " + std::to_string(frames_));
    }
    segment.result_offset = result_offset_;
    segment.wire_offset = wire_offset_;
    segment.first_frame = next_frame_;
    result_offset_ += segment.result_length;
    wire_offset_ += segment.wire_length;
    next_frame_ += frames;
    info_.segments.push_back(segment);
    return {};
  }

  Cursor& cursor_;
  DeltaInfo& info_;
  std::uint64_t frames_;
  std::uint64_t next_frame_ = 0;
  std::uint64_t result_offset_ = 0;
  std::uint64_t wire_offset_;
};

}  // namespace

Result<HeadLayout> read_head_layout(ByteView first_bytes) {
  Cursor cursor(first_bytes);
  SKIFF_ASSIGN(const ByteView magic, cursor.bytes(kMagic.size()));
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) return broken("F3", "not a Skiff delta");
  SKIFF_ASSIGN(const std::uint8_t version, cursor.u8());
  if (version != kFormatVersion) return unknown("F4", "format version", version);
  SKIFF_ASSIGN(const std::uint64_t fields_length, cursor.varint());
  if (fields_length < kMinFieldsLength || fields_length > kMaxHeaderLength) {
    return broken("F5", "header fields of " + std::to_string(fields_length) + " bytes");
  }
  HeadLayout layout;
  SKIFF_ASSIGN(layout.frames, cursor.varint());
  layout.fields_offset = cursor.position();
  layout.header_length = layout.fields_offset + fields_length;
  if (layout.frames >
      (std::numeric_limits<std::uint64_t>::max() - layout.header_length) / sizeof(Sha256::bytes)) {
    return fail(ErrorKind::kLimit, "a frame table of " + std::to_string(layout.frames) + " frames");
  }
  return layout;
}

Result<DeltaInfo> read_head(ByteView head) {
  SKIFF_ASSIGN(const HeadLayout layout, read_head_layout(head));
  if (head.size() < layout.head_length()) {
    return broken("F2", "ends early: head of " + std::to_string(layout.head_length()) + " bytes");
  }
  DeltaInfo info;
  info.head_length = layout.head_length();
  const std::uint64_t fields_length = layout.header_length - layout.fields_offset;
  Cursor fields(head.subspan(layout.fields_offset, fields_length), layout.fields_offset);
  SKIFF_TRY(read_codec(fields, info));
  SKIFF_ASSIGN(info.base, read_image(fields));
  SKIFF_ASSIGN(info.result, read_image(fields));
  SKIFF_TRY(read_limits(fields, info));
  SKIFF_TRY(SegmentTableReader(fields, info, layout.frames).read());
  if (!fields.at_end())
    return broken("F5", "header longer than its fields, from byte " + std::to_string(fields.position()));
  Cursor table(head.subspan(layout.header_length), layout.header_length);
  info.frames.resize(layout.frames);
  for (Sha256& frame : info.frames) {
    SKIFF_ASSIGN(frame, table.sha256());
  }
  return info;
}

Result<Sha256> hash_head(ByteView head, const MakeHasher& make_hasher) {
  const std::unique_ptr<Hasher> hasher = make_hasher();
  if (!hasher) return fail(ErrorKind::kLimit, "no SHA-256 at hand for the head");
  hasher->update(as_bytes(std::string_view(kRootTag, sizeof(kRootTag))));
  hasher->update(head);
  return hasher->finish();
}

}  // namespace skiff
