#include <algorithm>
#include <functional>

#include "codec/map_coder.hpp"
#include "codec/segment_coder.hpp"
#include "format/limits.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/golden/files.hpp"
#include "tests/golden/mixed_builder.hpp"

namespace skiff::testing {
namespace {

constexpr ModelSizes kSizes{8, 12, 8};
constexpr std::uint64_t kResultLength = 320;
constexpr std::uint64_t kManyEntries = 1000;
constexpr std::uint64_t kMax64 = ~std::uint64_t{0};

/// A copy, literals, a verbatim copy; half of the base is code.
WindowMap valid_map() {
  Space base{0, 300, 0x1000, 0x2000, {{0, 300, 0x1000}}, {{0, 150, Kind::kA64, 0}}};
  Space result{0, kResultLength, 0, 0, {{0, kResultLength, 0x1000}}, {}};
  return {{{.result_offset = 0, .base_offset = 40, .length = 200},
           {.result_offset = 220, .base_offset = 10, .length = 100, .verbatim = true}},
          {{base}, {result}}};
}

CodedDelta valid_delta() {
  const Bytes base = bad_files_base();
  const Bytes result = speckled(part(base, 40, 200), 50) + noise(20, 3) + part(base, 10, 100);
  const WindowMap map = valid_map();
  return code_mixed_delta(base, result, map.copies, {.typing = map.typing});
}

Bytes with_coded(const std::function<void(CodedDelta&)>& change) {
  CodedDelta coded = valid_delta();
  change(coded);
  return join_delta(coded);
}

Bytes with_head(const std::function<void(RawHead&)>& change) {
  CodedDelta coded = valid_delta();
  hash_frames(coded);
  RawHead head = raw_head(coded.info);
  change(head);
  return join(head.bytes(), coded.wires);
}

Bytes with_sizes(const ModelSizes& sizes) {
  return with_head([&](RawHead& head) {
    head.fields[RawHead::kParameters] = {3, sizes.slot_lines, sizes.history, sizes.learned};
  });
}

/// The wire bytes of one segment replaced; the limits allow what they need.
Bytes with_wire(std::size_t segment, const std::function<void(Bytes&)>& change) {
  return with_coded([&](CodedDelta& coded) {
    change(coded.wires[segment]);
    const std::uint64_t length = coded.wires[segment].size();
    coded.info.segments[segment].wire_length = length;
    coded.info.limits.segment_wire = std::max(coded.info.limits.segment_wire, length);
    coded.info.limits.window_copies = kManyEntries;
  });
}

/// The map as it is coded up to where it breaks a rule: there a decoder ends as well.
Bytes with_map(const std::function<void(WindowMap&)>& change) {
  WindowMap map = valid_map();
  change(map);
  SegmentModels models(kSizes);
  RangeEncoder coder;
  const WindowBounds bounds{0, kResultLength, bad_files_base().size()};
  (void)MapCoder<RangeEncoder>(coder, models.numbers, models.slots, bounds, kResultLength, kManyEntries)
      .run(map);
  return with_wire(0, [&](Bytes& wire) { wire = coder.finish(); });
}

Bytes with_base_space(const std::function<void(Space&)>& change) {
  return with_map([&](WindowMap& map) { change(map.typing.base[0]); });
}

Bytes with_copy(const Copy& copy) {
  return with_map([&](WindowMap& map) { map.copies = {copy}; });
}

std::vector<BadFile> bad_headers() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  const auto with_field = [](RawHead::Field field, const Bytes& bytes) {
    return with_head([&](RawHead& head) { head.fields[field] = bytes; });
  };
  return {
      {"F6", "codec-2", ErrorKind::kUnsupported, with_field(RawHead::kCodec, {2})},
      {"F6", "mixed-two-parameters", kFormat, with_field(RawHead::kParameters, {2, 8, 12})},
      {"F6", "mixed-no-parameters", kFormat, with_field(RawHead::kParameters, {0})},
      {"F6", "mixed-few-slot-lines", kFormat, with_sizes({7, 12, 8})},
      {"F6", "mixed-many-slot-lines", kFormat, with_sizes({21, 12, 8})},
      {"F6", "mixed-short-history", kFormat, with_sizes({8, 11, 8})},
      {"F6", "mixed-long-history", kFormat, with_sizes({8, 25, 8})},
      {"F6", "mixed-few-learned", kFormat, with_sizes({8, 12, 7})},
      {"F6", "mixed-many-learned", kFormat, with_sizes({8, 12, 21})},
      {"F6", "mixed-segment-raw", kFormat, with_field(RawHead::kSegmentRaw, {1})},
      {"F12", "mixed-models", kFormat, with_sizes({14, 12, 8})},
      {"F12", "mixed-window-copies", kFormat, with_field(RawHead::kWindowCopies, varint_bytes(6'000))},
      {"F12", "mixed-overflow", kFormat,
       with_field(RawHead::kWindowCopies, varint_bytes(kMax64 / kMapEntry + 1))},
  };
}

std::vector<BadFile> bad_typing() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  return {
      {"F19", "mixed-space-begin", kFormat, with_base_space([](Space& space) { space.begin = 301; })},
      {"F19", "mixed-space-end", kFormat, with_base_space([](Space& space) { space.end = 301; })},
      {"F19", "mixed-result-space", kFormat,
       with_map([](WindowMap& map) { map.typing.result[0].end = kResultLength + 1; })},
      {"F19", "mixed-address-offset", kFormat,
       with_base_space([](Space& space) { space.addresses[0].offset = 301; })},
      {"F19", "mixed-address-length", kFormat,
       with_base_space([](Space& space) { space.addresses[0].length = 301; })},
      {"F19", "mixed-many-addresses", kFormat,
       with_base_space([](Space& space) { space.addresses.resize(kMaxAddressRanges + 1); })},
      {"F19", "mixed-kind", kFormat,
       with_base_space([](Space& space) { space.types[0].kind = static_cast<Kind>(kKinds); })},
      {"F19", "mixed-typed-length", kFormat,
       with_base_space([](Space& space) { space.types[0].length = 301; })},
      {"F20", "mixed-spaces", kFormat,
       with_map([](WindowMap& map) { map.typing.base.resize(kManyEntries + 1); })},
      {"F20", "mixed-past-the-limit", kFormat,
       with_coded([](CodedDelta& coded) { --coded.info.limits.window_copies; })},
  };
}

std::vector<BadFile> bad_segments() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  const Bytes longer = Bytes(8, 0) + Bytes{1};
  return {
      {"F18", "mixed-map-longer", kFormat, with_wire(0, [&](Bytes& wire) { wire = wire + longer; })},
      {"F18", "mixed-map-zero", kFormat, with_wire(0, [](Bytes& wire) { wire.push_back(0); })},
      {"F18", "mixed-data-longer", kFormat, with_wire(1, [&](Bytes& wire) { wire = wire + longer; })},
      {"F18", "mixed-data-zero", kFormat, with_wire(1, [](Bytes& wire) { wire.push_back(0); })},
      {"F22", "mixed-a-byte-past", kFormat, with_copy({0, 291, 10, false})},
      {"F22", "mixed-before-the-base", kFormat, with_copy({0, kMax64, 10, false})},
      {"F23", "mixed-gap", kFormat, with_copy({kResultLength, 0, 1, false})},
      {"F23", "mixed-length", kFormat, with_copy({21, 0, 300, false})},
      {"F23", "mixed-copy-too-many", kFormat, with_map([](WindowMap& map) {
         map.copies.push_back({kResultLength, 0, 1, false});
       })},
      {"F27", "mixed-digest", ErrorKind::kMismatch,
       with_coded([](CodedDelta& coded) { coded.info.segments[1].digest ^= 1; })},
  };
}

}  // namespace

std::vector<BadFile> mixed_bad_files() {
  std::vector<BadFile> all;
  for (const auto& some : {bad_headers(), bad_typing(), bad_segments()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace skiff::testing
