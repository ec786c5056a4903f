#include <algorithm>
#include <functional>

#include "base/cursor.hpp"
#include "base/varint.hpp"
#include "format/limits.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/golden/files.hpp"

namespace skiff::testing {
namespace {

using Field = RawHead::Field;
constexpr std::uint64_t kMax64 = ~std::uint64_t{0};
enum MapStream : std::size_t { kTyping, kGaps, kLengths, kJumps };

/// One window: a copy with residue, literals, a verbatim copy.
DeltaParts valid_parts() {
  const Bytes base = bad_files_base();
  const Bytes result = speckled(part(base, 40, 200), 50) + noise(20, 3) + part(base, 10, 100);
  const std::vector<Copy> cover = {
      {.result_offset = 0, .base_offset = 40, .length = 200},
      {.result_offset = 220, .base_offset = 10, .length = 100, .verbatim = true}};
  return cut_delta(base, result, cover, {.profile = Profile::kTiny});
}

CodedDelta valid_coded() { return code_delta(valid_parts(), 19); }

Bytes with_parts(const std::function<void(DeltaParts&)>& change) {
  DeltaParts parts = valid_parts();
  change(parts);
  return join_delta(code_delta(parts, 19));
}

Bytes with_map(const std::function<void(std::array<Bytes, kMapStreams>&)>& change) {
  return with_parts([&](DeltaParts& parts) { change(parts.windows[0].map); });
}

/// The typing stream replaced; the limit leaves room for its entries.
Bytes with_typing(const Bytes& stream) {
  return with_parts([&](DeltaParts& parts) {
    parts.windows[0].map[kTyping] = stream;
    parts.info.limits.window_copies = 1000;
  });
}

/// Half of the base is code.
const Space kBaseSpace{0, 300, 0x1000, 0x2000, {{0, 300, 0x1000}}, {{0, 150, Kind::kA64, 0}}};

Bytes typing_stream(const Typing& typing) { return write_map({{}, typing}, 0)[kTyping]; }

Bytes with_base_space(const std::function<void(Space&)>& change) {
  Space space = kBaseSpace;
  change(space);
  return with_typing(typing_stream({{space}, {}}));
}

/// The copies of the map replaced by one.
Bytes with_copy(std::uint64_t gap, std::uint64_t coded_length, std::uint64_t jump) {
  return with_map([&](auto& map) {
    map = {Bytes(), varint_bytes(gap), varint_bytes(coded_length), varint_bytes(jump)};
  });
}

Bytes with_data(const std::function<void(std::array<Bytes, kDataStreams>&)>& change) {
  return with_parts([&](DeltaParts& parts) { change(parts.windows[0].data[0].streams); });
}

/// The residue of the segment replaced: 200 bytes of it are to be said.
Bytes with_residue(const Bytes& tokens, const Bytes& long_runs, const Bytes& changes_1) {
  return with_data([&](auto& streams) {
    const Bytes literals = streams[kLiterals];
    streams = {tokens, long_runs, changes_1};
    streams[kLiterals] = literals;
  });
}

Bytes with_coded(const std::function<void(CodedDelta&)>& change) {
  CodedDelta coded = valid_coded();
  change(coded);
  return join_delta(coded);
}

/// The wire bytes of the map segment replaced.
Bytes with_map_wire(const Bytes& wire) {
  return with_coded([&](CodedDelta& coded) {
    coded.wires[0] = wire;
    coded.info.segments[0].wire_length = wire.size();
    coded.info.limits.segment_wire = std::max<std::uint64_t>(coded.info.limits.segment_wire, wire.size());
    coded.info.limits.segment_raw = 10'000;
  });
}

/// The map segment begins with a Zstandard stream of 400 bytes whose frame was changed.
Bytes with_zstd_frame(const std::function<void(Bytes&)>& change) {
  DeltaParts parts = valid_parts();
  parts.windows[0].map = {Bytes(400, 'x')};
  const Bytes wire = code_delta(parts, 19).wires[0];
  Cursor cursor(wire);
  (void)cursor.varint();
  const std::uint64_t coded_length = cursor.varint().value();
  const ByteView coded = cursor.bytes(coded_length).value();
  Bytes frame(coded.begin(), coded.end());
  change(frame);
  return with_map_wire(varint_bytes(400) + varint_bytes(frame.size()) + frame + Bytes(3, 0));
}

Bytes with_head(const std::function<void(RawHead&)>& change) {
  CodedDelta coded = valid_coded();
  hash_frames(coded);
  RawHead head = raw_head(coded.info);
  change(head);
  return join(head.bytes(), coded.wires);
}

Bytes with_field(Field field, const Bytes& bytes) {
  return with_head([&](RawHead& head) { head.fields[field] = bytes; });
}

Bytes with_bytes(const std::function<void(Bytes&)>& change) {
  Bytes delta = join_delta(valid_coded());
  change(delta);
  return delta;
}

void set_bits(Bytes& frame, int bits) { frame[0] = static_cast<std::uint8_t>(frame[0] | bits); }

std::vector<BadFile> bad_notation() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  return {
      {"F1", "longer-form", kFormat, with_field(Field::kCodec, {0x80, 0x00})},
      {"F1", "past-64-bits", kFormat, with_field(Field::kSegmentWire, Bytes(9, 0xff) + Bytes{0x02})},
      {"F1", "eleven-bytes", kFormat, with_field(Field::kWindowCopies, Bytes(10, 0x80) + Bytes{0x01})},
      {"F1", "in-a-stream", kFormat, with_map([](auto& map) {
         map[kGaps] = {0x80, 0x00, 0x14};
       })},
      {"F2", "no-bytes", kFormat, {}},
      {"F2", "in-the-header", kFormat, with_bytes([](Bytes& delta) { delta.resize(60); })},
      {"F2", "in-the-last-frame", kFormat, with_bytes([](Bytes& delta) { delta.pop_back(); })},
      {"F2", "header-before-its-fields", kFormat,
       with_head([](RawHead& head) { head.fields[Field::kTable].pop_back(); })},
      {"F2", "in-a-stream", kFormat, with_map([](auto& map) { map[kJumps].back() |= 0x80; })},
      {"F2", "segment-without-streams", kFormat, with_map_wire({0x00})},
      {"F2", "long-run-missing", kFormat, with_residue({31 * 8 + 1}, {}, {1})},
  };
}

std::vector<BadFile> bad_headers() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;
  const Bytes table = [] {
    CodedDelta coded = valid_coded();
    return raw_head(coded.info).fields[Field::kTable];
  }();
  return {
      {"F3", "magic", kFormat, with_head([](RawHead& head) { head.magic[0] = 's'; })},
      {"F4", "version-0", kUnsupported, with_head([](RawHead& head) { head.version = 0; })},
      {"F4", "version-2", kUnsupported, with_head([](RawHead& head) { head.version = 2; })},
      {"F5", "longer-than-its-fields", kFormat, with_field(Field::kTable, table + Bytes{0})},
      {"F5", "past-16-mib", kFormat, with_bytes([](Bytes& delta) {
         delta.erase(delta.begin() + 5, delta.begin() + 7);
         const Bytes length = varint_bytes(kMaxHeaderLength + 1);
         delta.insert(delta.begin() + 5, length.begin(), length.end());
       })},
      {"F6", "codec", kUnsupported, with_field(Field::kCodec, varint_bytes(kMax64))},
      {"F6", "profile", kUnsupported, with_field(Field::kProfile, varint_bytes(3))},
      {"F6", "codec-parameters", kFormat, with_field(Field::kParameters, {1, 0})},
      {"F7", "features", kUnsupported, with_field(Field::kFeatures, varint_bytes(1))},
      {"F8", "map-wire", kFormat, with_field(Field::kTable, varint_bytes(1) + varint_bytes(0))},
      {"F8", "segments", kFormat, with_field(Field::kTable, Bytes{1, table[1], 0})},
      {"F8", "result-length", kFormat,
       with_coded([](CodedDelta& coded) { coded.info.segments[1].result_length = 0; })},
      {"F8", "wire-length", kFormat,
       with_coded([](CodedDelta& coded) { coded.info.segments[1].wire_length = 0; })},
      {"F9", "too-little", kFormat,
       with_coded([](CodedDelta& coded) { --coded.info.segments[1].result_length; })},
      {"F9", "too-much", kFormat,
       with_coded([](CodedDelta& coded) { ++coded.info.segments[1].result_length; })},
      {"F9", "overflow", kFormat,
       with_coded([](CodedDelta& coded) { coded.info.segments[1].result_length = kMax64; })},
      {"F10", "map-wire", kFormat,
       with_coded([](CodedDelta& coded) { coded.info.segments[0].wire_length = 10'000; })},
      {"F10", "wire-length", kFormat,
       with_coded([](CodedDelta& coded) { --coded.info.limits.segment_wire; })},
  };
}

std::vector<BadFile> bad_frames() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  const Bytes too_much = varint_bytes(memory_limit(Profile::kTiny));
  return {
      {"F11", "frame-missing", kFormat, with_head([](RawHead& head) { head.frames.pop_back(); })},
      {"F11", "frame-too-many", kFormat, with_head([](RawHead& head) { head.frames.emplace_back(); })},
      {"F12", "segment-wire", kFormat, with_field(Field::kSegmentWire, too_much)},
      {"F12", "segment-raw", kFormat, with_field(Field::kSegmentRaw, too_much)},
      {"F12", "window-copies", kFormat, with_field(Field::kWindowCopies, varint_bytes(30'000))},
      {"F12", "overflow", kFormat, with_field(Field::kWindowCopies, varint_bytes(kMax64 / kMapEntry + 1))},
      {"F13", "a-byte-more", kFormat, with_bytes([](Bytes& delta) { delta.push_back(0); })},
      {"F14", "last-byte", ErrorKind::kSignature, with_bytes([](Bytes& delta) { delta.back() ^= 1; })},
      {"F14", "frame-table", ErrorKind::kSignature,
       with_head([](RawHead& head) { head.frames[0].bytes[0] ^= 1; })},
  };
}

std::vector<BadFile> bad_streams() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  return {
      {"F15", "coded-longer-than-raw", kFormat, with_map_wire(Bytes{3, 4} + Bytes(4, 0) + Bytes(3, 0))},
      {"F16", "empty", kFormat, with_zstd_frame([](Bytes& frame) { frame.clear(); })},
      {"F16", "noise", kFormat, with_zstd_frame([](Bytes& frame) { frame = noise(30, 8); })},
      {"F16", "cut-short", kFormat, with_zstd_frame([](Bytes& frame) { frame.pop_back(); })},
      {"F16", "two-frames", kFormat, with_zstd_frame([](Bytes& frame) { frame = frame + frame; })},
      {"F16", "bytes-after-it", kFormat, with_zstd_frame([](Bytes& frame) { frame.push_back(0); })},
      {"F16", "dictionary", kFormat, with_zstd_frame([](Bytes& frame) { set_bits(frame, 0x01); })},
      {"F16", "checksum", kFormat, with_zstd_frame([](Bytes& frame) { set_bits(frame, 0x04); })},
      {"F16", "reserved-bit", kFormat, with_zstd_frame([](Bytes& frame) { set_bits(frame, 0x08); })},
      {"F17", "past-the-limit", kFormat,
       with_coded([](CodedDelta& coded) { --coded.info.limits.segment_raw; })},
      {"F17", "past-64-bits", kFormat, with_map_wire(varint_bytes(kMax64) + Bytes{1, 0, 0, 0, 0})},
      {"F18", "bytes-after-the-last", kFormat, with_map_wire(valid_coded().wires[0] + Bytes{0})},
  };
}

std::vector<BadFile> bad_typing() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  const Bytes typing = typing_stream({{kBaseSpace}, {}});
  return {
      {"F1", "in-the-typing", kFormat, with_typing(Bytes{0x80, 0x00} + typing)},
      {"F2", "in-the-typing", kFormat, with_typing(part(typing, 0, typing.size() - 1))},
      {"F19", "no-spaces", kFormat, with_typing({0, 0})},
      {"F19", "after-the-typing", kFormat, with_typing(typing + Bytes{0})},
      {"F19", "space-end", kFormat, with_base_space([](Space& space) { space.end = 301; })},
      {"F19", "result-space", kFormat, with_typing(typing_stream({{}, {{0, 321, 0, 0, {}, {}}}}))},
      {"F19", "address-length", kFormat,
       with_base_space([](Space& space) { space.addresses[0].length = 301; })},
      {"F19", "many-addresses", kFormat,
       with_base_space([](Space& space) { space.addresses.resize(kMaxAddressRanges + 1); })},
      {"F19", "kind", kFormat,
       with_base_space([](Space& space) { space.types[0].kind = static_cast<Kind>(kKinds); })},
      {"F19", "typed-length", kFormat, with_base_space([](Space& space) { space.types[0].length = 301; })},
      {"F20", "spaces", kFormat, with_typing(varint_bytes(1001))},
      {"F20", "typing-past-the-limit", kFormat, with_parts([&](DeltaParts& parts) {
         parts.windows[0].map[kTyping] = typing;
         parts.info.limits.window_copies = 4;  // a space, two ranges, and two copies
       })},
  };
}

std::vector<BadFile> bad_maps() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  return {
      {"F20", "gap-too-many", kFormat, with_map([](auto& map) { map[kGaps].push_back(0); })},
      {"F20", "length-missing", kFormat, with_map([](auto& map) { map[kLengths].resize(2); })},
      {"F20", "jump-too-many", kFormat, with_map([](auto& map) { map[kJumps].push_back(0); })},
      {"F20", "past-the-limit", kFormat,
       with_coded([](CodedDelta& coded) { --coded.info.limits.window_copies; })},
      {"F21", "empty-copy", kFormat, with_copy(0, 0, 0)},
      {"F21", "empty-verbatim-copy", kFormat, with_copy(0, 1, 0)},
      {"F22", "a-byte-past", kFormat, with_copy(0, 2 * 10, zigzag(291))},
      {"F22", "before-the-base", kFormat, with_copy(0, 2 * 10, zigzag(-1))},
      {"F23", "gap", kFormat, with_copy(320, 2, zigzag(-320))},
      {"F23", "length", kFormat, with_copy(21, 2 * 300, zigzag(-21))},
      {"F23", "overflow", kFormat, with_copy(kMax64, 2, zigzag(1))},
  };
}

std::vector<BadFile> bad_data() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  return {
      {"F24", "empty-changed-run", kFormat, with_residue({1 * 8 + 0}, {}, {})},
      {"F24", "empty-equal-run", kFormat, with_residue({1 * 8 + 1, 0 * 8 + 1}, {}, {1, 1})},
      {"F24", "past-the-residue", kFormat, with_residue({31 * 8 + 1}, varint_bytes(200 - 31), {1})},
      {"F24", "overflow", kFormat, with_residue({31 * 8 + 1}, varint_bytes(kMax64), {1})},
      {"F24", "long-run-too-many", kFormat, with_residue({1 * 8 + 1}, {0}, {1})},
      {"F25", "change-missing", kFormat, with_residue({1 * 8 + 1}, {}, {})},
      {"F25", "change-too-many", kFormat, with_residue({1 * 8 + 1}, {}, {1, 1})},
      {"F25", "change-of-0", kFormat, with_residue({1 * 8 + 1}, {}, {0})},
      {"F26", "literal-missing", kFormat, with_data([](auto& streams) { streams[kLiterals].pop_back(); })},
      {"F26", "literal-too-many", kFormat, with_data([](auto& streams) { streams[kLiterals].push_back(0); })},
      {"F27", "digest", ErrorKind::kMismatch,
       with_parts([](DeltaParts& parts) { parts.windows[0].data[0].digest ^= 1; })},
      {"F27", "other-bytes", ErrorKind::kMismatch,
       with_data([](auto& streams) { streams[kLiterals][0] ^= 1; })},
  };
}

}  // namespace

Bytes bad_files_base() { return noise(300, 1); }

std::vector<BadFile> bad_files() {
  std::vector<BadFile> all;
  for (const auto& some : {bad_notation(), bad_headers(), bad_frames(), bad_streams(), bad_typing(),
                           bad_maps(), bad_data(), mixed_bad_files(), opened_bad_files()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace skiff::testing
