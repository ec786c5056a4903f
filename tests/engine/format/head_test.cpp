#include "format/head.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "base/cursor.hpp"
#include "base/varint.hpp"
#include "format/limits.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_digest.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();

/// Two windows: one of a segment that spans two frames, one of two segments.
DeltaInfo sample() {
  DeltaInfo info;
  info.profile = Profile::kTiny;
  info.base = {.length = 5000, .sha256 = sha256(as_bytes("base"))};
  info.result = {.length = 1000, .sha256 = sha256(as_bytes("result"))};
  info.limits = {.segment_wire = 70'000, .segment_raw = 100'000, .window_copies = 10};
  info.segments = {{.is_map = true, .wire_length = 5},
                   {.result_length = 500, .digest = 1, .wire_length = 70'000},
                   {.is_map = true, .wire_length = 6},
                   {.result_length = 300, .digest = kMax64, .wire_length = 7},
                   {.result_length = 200, .digest = 3, .wire_length = 8}};
  for (std::uint8_t frame = 0; frame < 6; ++frame) info.frames.push_back(sha256({&frame, 1}));
  return info;
}

/// The same in codec 1.
DeltaInfo mixed_sample() {
  DeltaInfo info = sample();
  info.codec = Codec::kContextMixing;
  info.models = {8, 12, 8};
  info.limits.segment_raw = 0;
  return info;
}

Error error_of(ByteView head) { return read_head(head).error(); }

/// The error of the sample's head after a change to one of its fields.
Error error_with(const std::function<void(RawHead&)>& change) {
  RawHead raw = raw_head(sample());
  change(raw);
  return error_of(raw.bytes());
}

Error error_with_info(const std::function<void(DeltaInfo&)>& change) {
  DeltaInfo info = sample();
  change(info);
  return error_of(write_head(info));
}

TEST(Head, IsReadAsItWasWritten) {
  const DeltaInfo written = sample();
  const Bytes head = write_head(written);
  const DeltaInfo read = read_head(head).value();
  EXPECT_EQ(read.base, written.base);
  EXPECT_EQ(read.result, written.result);
  EXPECT_EQ(read.limits, written.limits);
  EXPECT_EQ(read.frames, written.frames);
  EXPECT_EQ(read.profile, written.profile);
  EXPECT_EQ(read.head_length, head.size());
  EXPECT_EQ(read.decoder_memory, decoder_memory(written.limits));
  EXPECT_EQ(write_head(read), head);
}

TEST(Head, LaysTheSegmentsOut) {
  const DeltaInfo info = read_head(write_head(sample())).value();
  ASSERT_EQ(info.segments.size(), 5u);
  const SegmentInfo& last = info.segments[4];
  EXPECT_EQ(last.window, 1u);
  EXPECT_EQ(last.result_offset, 800u);
  EXPECT_EQ(last.wire_offset, info.head_length + 5 + 70'000 + 6 + 7);
  EXPECT_EQ(last.first_frame, 5u);
  EXPECT_EQ(info.segments[2].result_offset, 500u);
  EXPECT_EQ(info.segments[2].first_frame, 3u);
  EXPECT_EQ(info.delta_length, last.wire_offset + 8);
}

TEST(Head, OfRawFieldsIsTheWritersHead) {
  EXPECT_EQ(raw_head(sample()).bytes(), write_head(sample()));
  EXPECT_EQ(raw_head(mixed_sample()).bytes(), write_head(mixed_sample()));
}

TEST(Head, KeepsTheSizesOfCodec1) {
  const DeltaInfo written = mixed_sample();
  const DeltaInfo read = read_head(write_head(written)).value();
  EXPECT_EQ(read.codec, Codec::kContextMixing);
  EXPECT_EQ(read.models, written.models);
  EXPECT_EQ(read.limits, written.limits);
  EXPECT_EQ(read.decoder_memory, decoder_memory(written.limits, written.models));
  EXPECT_EQ(write_head(read), write_head(written));
}

TEST(Head, BoundsTheSizesOfCodec1) {
  const auto rule_of = [](const ModelSizes& sizes) {
    DeltaInfo info = mixed_sample();
    info.profile = Profile::kMax;
    info.models = sizes;
    const auto read = read_head(write_head(info));
    return read ? std::string() : read.error().rule;
  };
  for (const ModelSizes& least : {ModelSizes{7, 12, 8}, ModelSizes{8, 11, 8}, ModelSizes{8, 12, 7}})
    EXPECT_EQ(rule_of(least), "F6");
  for (const ModelSizes& most : {ModelSizes{21, 12, 8}, ModelSizes{8, 25, 8}, ModelSizes{8, 12, 21}})
    EXPECT_EQ(rule_of(most), "F6");
  EXPECT_EQ(rule_of({8, 12, 8}), "");
  EXPECT_EQ(rule_of({18, 12, 8}), "");
  EXPECT_EQ(rule_of({8, 24, 8}), "");
  EXPECT_EQ(rule_of({8, 12, 20}), "");
  EXPECT_EQ(rule_of({20, 12, 8}), "F12") << "within its own bounds, but not within the profile's memory";
}

TEST(Head, RefusesRawBytesAndOtherParametersInCodec1) {
  DeltaInfo info = mixed_sample();
  info.limits.segment_raw = 1;
  EXPECT_EQ(error_of(write_head(info)).rule, "F6");
  RawHead raw = raw_head(mixed_sample());
  for (const Bytes& parameters : {Bytes{0}, Bytes{2, 8, 12}, Bytes{4, 8, 12, 8, 0}}) {
    raw.fields[RawHead::kParameters] = parameters;
    const Error error = error_of(raw.bytes());
    EXPECT_EQ(error.rule, "F6");
    EXPECT_EQ(error.kind, ErrorKind::kFormat);
  }
}

TEST(Head, TellsItsLengthFromItsFirstBytes) {
  const Bytes head = write_head(sample());
  const HeadLayout layout = read_head_layout(ByteView(head).first(kPrefixLength)).value();
  EXPECT_EQ(layout.head_length(), head.size());
  EXPECT_EQ(layout.frames, 6u);
}

TEST(Head, IsNeverShorterThanItsPrefix) {
  EXPECT_GE(write_head(DeltaInfo{}).size(), kPrefixLength);
  const Bytes shortest = write_head(DeltaInfo{});
  EXPECT_TRUE(read_head(shortest)) << "an empty delta is the shortest head there is";
}

TEST(Head, RefusesATruncationAtEveryLength) {
  const Bytes head = write_head(sample());
  for (std::size_t length = 0; length < head.size(); ++length) {
    ASSERT_EQ(error_of(ByteView(head).first(length)).rule, "F2") << length;
  }
}

TEST(Head, RefusesAnotherMagicOrVersion) {
  EXPECT_EQ(error_with([](RawHead& raw) { raw.magic[3] = 'E'; }).rule, "F3");
  const Error version = error_with([](RawHead& raw) { raw.version = 2; });
  EXPECT_EQ(version.rule, "F4");
  EXPECT_EQ(version.kind, ErrorKind::kUnsupported);
}

TEST(Head, RefusesFieldsThatDoNotFillIt) {
  EXPECT_EQ(error_with([](RawHead& raw) { raw.fields[RawHead::kTable].push_back(0); }).rule, "F5");
  EXPECT_EQ(error_with([](RawHead& raw) { raw.fields[RawHead::kTable].resize(kMaxHeaderLength + 1); }).rule,
            "F5");
  EXPECT_EQ(error_with([](RawHead& raw) { raw.fields[RawHead::kTable].pop_back(); }).rule, "F2");
  EXPECT_EQ(error_with([](RawHead& raw) { raw.fields = {}; }).rule, "F5");
}

TEST(Head, RefusesWhatItDoesNotKnow) {
  for (const std::uint64_t codec : {std::uint64_t{2}, kMax64}) {
    const Error error = error_with([&](RawHead& raw) { raw.fields[RawHead::kCodec] = varint_bytes(codec); });
    EXPECT_EQ(error.rule, "F6");
    EXPECT_EQ(error.kind, ErrorKind::kUnsupported);
  }
  EXPECT_EQ(error_with([](RawHead& raw) { raw.fields[RawHead::kProfile] = varint_bytes(3); }).rule, "F6");
  EXPECT_EQ(error_with([](RawHead& raw) { raw.fields[RawHead::kParameters] = {1, 0}; }).rule, "F6");
  EXPECT_EQ(error_with([](RawHead& raw) { raw.fields[RawHead::kFeatures] = varint_bytes(1); }).rule, "F7");
}

TEST(Head, RefusesEmptySegmentsAndWindows) {
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments[0].wire_length = 0; }).rule, "F8");
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments[1].wire_length = 0; }).rule, "F8");
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments[1].result_length = 0; }).rule, "F8");
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments.resize(3); }).rule, "F8");
}

TEST(Head, RefusesSegmentsThatDoNotMakeTheResult) {
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments[4].result_length = 199; }).rule, "F9");
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments[4].result_length = 201; }).rule, "F9");
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments[4].result_length = kMax64; }).rule, "F9");
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.result.length = 0; }).rule, "F9");
}

TEST(Head, RefusesSegmentsPastTheWireLimit) {
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments[1].wire_length = 70'001; }).rule, "F10");
  EXPECT_EQ(error_with_info([](DeltaInfo& info) { info.segments[0].wire_length = kMax64; }).rule, "F10");
}

TEST(Head, RefusesAFrameTableOfAnotherLength) {
  EXPECT_EQ(error_with([](RawHead& raw) { raw.frames.pop_back(); }).rule, "F11");
  EXPECT_EQ(error_with([](RawHead& raw) { raw.frames.emplace_back(); }).rule, "F11");
}

TEST(Head, RefusesMoreMemoryThanTheProfileHas) {
  const auto raw_limit = [](Profile profile) {
    return memory_limit(profile) - kDecoderBase - 70'000 - 10 * kMapEntry;
  };
  for (const Profile profile : {Profile::kTiny, Profile::kStandard, Profile::kMax}) {
    DeltaInfo info = sample();
    info.profile = profile;
    info.limits.segment_raw = raw_limit(profile);
    EXPECT_TRUE(read_head(write_head(info)));
    ++info.limits.segment_raw;
    EXPECT_EQ(error_of(write_head(info)).rule, "F12");
  }
}

TEST(DecoderMemory, DoesNotWrap) {
  EXPECT_EQ(decoder_memory({.segment_wire = 1, .segment_raw = 2, .window_copies = 3}),
            kDecoderBase + 1 + 2 + 3 * kMapEntry);
  EXPECT_EQ(decoder_memory({.segment_wire = kMax64, .segment_raw = kMax64, .window_copies = 0}), kMax64);
  EXPECT_EQ(decoder_memory({.segment_wire = 0, .segment_raw = 0, .window_copies = kMax64 / kMapEntry + 1}),
            kMax64);
  EXPECT_EQ(decoder_memory({.segment_wire = 0, .segment_raw = kMax64 - kDecoderBase, .window_copies = 1}),
            kMax64);
}

TEST(DecoderMemory, OfCodec1CountsModelsAndEntries) {
  const std::uint64_t models = (68u << 9) + (1u << 13) + (1u << 11) + (16u << 10);
  EXPECT_EQ(decoder_memory({.segment_wire = 5, .segment_raw = 0, .window_copies = 3}, {9, 13, 10}),
            524'288 + 5 + 3 * 96 + models);
  EXPECT_EQ(decoder_memory({.segment_wire = kMax64, .segment_raw = 0, .window_copies = kMax64}, {9, 13, 10}),
            kMax64);
}

TEST(FrameCount, RoundsUp) {
  EXPECT_EQ(frame_count(1), 1u);
  EXPECT_EQ(frame_count(kFrameSize), 1u);
  EXPECT_EQ(frame_count(kFrameSize + 1), 2u);
  EXPECT_EQ(frame_count(kMax64), std::uint64_t{1} << 48);
}

TEST(FramesRoot, CoversTagHeaderAndFrameTable) {
  const Bytes head = write_head(sample());
  Bytes message = {'s', 'k', 'i', 'f', 'f', '-', 'f', 'r', 'a', 'm', 'e', 's', '-', 'v', '1', 0};
  put_bytes(message, head);
  EXPECT_EQ(hash_head(head, make_sha256).value(), sha256(message));
  Bytes file = head;
  file.resize(head.size() + 100, 7);
  EXPECT_EQ(frames_root(ViewSource(file), make_sha256).value(), sha256(message))
      << "frames do not belong to it";
}

TEST(FramesRoot, NeedsAHasher) {
  EXPECT_EQ(hash_head({}, [] { return std::unique_ptr<Hasher>(); }).error().kind, ErrorKind::kLimit);
}

TEST(DeltaInfo, OfAFileChecksTheFilesLength) {
  const Bytes delta = make_delta({}, as_bytes("something"));
  EXPECT_EQ(read_delta_info(ViewSource(delta)).value().delta_length, delta.size());
  EXPECT_EQ(read_delta_info(ViewSource(ByteView(delta).first(delta.size() - 1))).error().rule, "F2");
  Bytes longer = delta;
  longer.push_back(0);
  EXPECT_EQ(read_delta_info(ViewSource(longer)).error().rule, "F13");
}

TEST(DeltaInfo, OfAFileRefusesAFrameTableLongerThanTheFile) {
  RawHead raw = raw_head(sample());
  Bytes huge = raw.magic;
  huge.push_back(raw.version);
  put_varint(huge, 80);
  put_varint(huge, std::uint64_t{1} << 50);
  huge.resize(200);
  EXPECT_EQ(read_delta_info(ViewSource(huge)).error().rule, "F2");
  huge.resize(6);
  put_varint(huge, kMax64);
  huge.resize(200);
  EXPECT_EQ(read_delta_info(ViewSource(huge)).error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace skiff::testing
