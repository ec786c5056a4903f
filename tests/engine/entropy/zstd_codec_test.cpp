#include "entropy/zstd_codec.hpp"

#include <gtest/gtest.h>

#define ZSTD_STATIC_LINKING_ONLY  // for ZSTD_estimateDCtxSize
#include <zstd.h>

#include "base/varint.hpp"
#include "entropy/zstd_frame.hpp"
#include "format/limits.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

Result<std::vector<Bytes>> decode(ByteView wire, std::size_t count, std::size_t room_size = 100'000) {
  SKIFF_ASSIGN(const auto decoder, make_stream_decoder(Codec::kZstd));
  Bytes room(room_size);
  std::vector<ByteView> streams(count);
  SKIFF_TRY(decoder->decode({.bytes = wire, .offset = 0}, room, streams));
  std::vector<Bytes> copies;
  for (const ByteView stream : streams) copies.emplace_back(stream.begin(), stream.end());
  return copies;
}

std::string rule_of(ByteView wire, std::size_t room_size = 100'000) {
  const auto streams = decode(wire, 1, room_size);
  return streams ? "" : streams.error().rule;
}

Bytes wire_of(const Bytes& raw) {
  const ByteView view(raw);
  return encode_streams(Codec::kZstd, {&view, 1}, {.level = 5}).value();
}

/// The stream's wire bytes with its Zstandard frame put through `change`.
template <typename Change>
Bytes with_frame(const Bytes& raw, Change change) {
  const Bytes whole = wire_of(raw);
  Cursor cursor(whole);
  const CodedStream stream = read_coded_stream(cursor).value();
  Bytes frame(stream.coded.begin(), stream.coded.end());
  change(frame);
  Bytes wire = varint_bytes(raw.size()) + varint_bytes(frame.size());
  return wire + frame;
}

TEST(ZstdCodec, DecodesWhatItEncoded) {
  const std::vector<Bytes> streams = {prose(5000, 1), {}, noise(300, 2), Bytes(70'000, 0), {1}};
  const std::vector<ByteView> views(streams.begin(), streams.end());
  for (const int level : {1, 3, 19, 22}) {
    const Bytes wire = encode_streams(Codec::kZstd, views, {.level = level}).value();
    EXPECT_EQ(decode(wire, views.size()).value(), streams);
  }
}

TEST(ZstdCodec, StoresWhatDoesNotCompress) {
  const Bytes raw = noise(300, 4);
  const Bytes wire = wire_of(raw);
  EXPECT_EQ(wire, varint_bytes(300) + varint_bytes(300) + raw);
}

TEST(ZstdCodec, WritesAnEmptyStreamInOneByte) { EXPECT_EQ(wire_of({}), Bytes{0}); }

TEST(ZstdCodec, WritesTheSameBytesAgain) {
  const Bytes raw = prose(50'000, 6);
  const Bytes first = wire_of(raw);
  wire_of(noise(5000, 1));
  EXPECT_EQ(wire_of(raw), first);
}

TEST(ZstdCodec, FindsAMatchAsFarAwayAsTheStreamIsLong) {
  const Bytes unique = noise(100'000, 8);
  const Bytes raw = unique + Bytes(3'000'000, 0) + unique;
  EXPECT_LT(wire_of(raw).size(), unique.size() + 5000);
}

TEST(ZstdCodec, RefusesALevelItDoesNotHave) {
  EXPECT_EQ(encode_streams(Codec::kZstd, {}, {.level = 0}).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(encode_streams(Codec::kZstd, {}, {.level = 23}).error().kind, ErrorKind::kUsage);
}

TEST(ZstdCodec, LeavesRoomInTheFixedPartOfDecoderMemory) {
  constexpr std::size_t kBlock = 128 * 1024;     // the reconstructor's
  constexpr std::size_t kTransport = 64 * 1024;  // a frame on its way in
  EXPECT_LE(ZSTD_estimateDCtxSize() + kBlock + kTransport, kDecoderBase);
}

TEST(StreamDecoder, BeginsEachSegmentWithNoHiddenState) {
  const auto decoder = make_stream_decoder(Codec::kZstd).value();
  const Bytes raw = prose(4000, 3);
  const Bytes wire = wire_of(raw);
  Bytes room(4000);
  ByteView stream;
  EXPECT_FALSE(decoder->decode({.bytes = ByteView(wire).first(wire.size() / 2)}, room, {&stream, 1}));
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(decoder->decode({.bytes = wire}, room, {&stream, 1}));
    EXPECT_EQ(Bytes(stream.begin(), stream.end()), raw);
  }
}

TEST(StreamDecoder, RefusesACodedStreamLongerThanItsRaw) {
  EXPECT_EQ(rule_of(varint_bytes(3) + varint_bytes(4) + Bytes(4)), "F15");
}

TEST(StreamDecoder, RefusesFramesThatAreNotWhole) {
  const Bytes raw = prose(4000, 3);
  EXPECT_EQ(rule_of(with_frame(raw, [](Bytes&) {})), "");
  EXPECT_EQ(rule_of(with_frame(raw, [](Bytes& frame) { frame.pop_back(); })), "F16");
  EXPECT_EQ(rule_of(with_frame(raw, [](Bytes& frame) { frame.push_back(0); })), "F16");
  EXPECT_EQ(rule_of(with_frame(raw, [](Bytes& frame) { frame.clear(); })), "F16");
  EXPECT_EQ(rule_of(with_frame(raw, [](Bytes& frame) { frame.resize(2); })), "F16");
}

TEST(StreamDecoder, RefusesSeveralFramesForOneStream) {
  const Bytes half = prose(2000, 3);
  const Bytes whole = half + half;
  const Bytes wire = wire_of(half);
  Cursor cursor(wire);
  const ByteView frame = read_coded_stream(cursor).value().coded;
  const Bytes twice = Bytes(frame.begin(), frame.end()) + Bytes(frame.begin(), frame.end());
  EXPECT_EQ(rule_of(varint_bytes(whole.size()) + varint_bytes(twice.size()) + twice), "F16");
}

TEST(StreamDecoder, RefusesDictionariesChecksumsAndReservedBits) {
  const Bytes raw = prose(4000, 3);
  for (const int bits : {0x01, 0x02, 0x03, 0x04, 0x08}) {
    const auto set_bits = [&](Bytes& frame) { frame[0] = static_cast<std::uint8_t>(frame[0] | bits); };
    EXPECT_EQ(rule_of(with_frame(raw, set_bits)), "F16") << bits;
  }
}

TEST(StreamDecoder, RefusesFramesOfAnotherRawLength) {
  const Bytes wire = wire_of(Bytes(1000, 'x'));
  EXPECT_EQ(wire[0], varint_bytes(1000)[0]);
  for (const std::uint64_t length : {999, 1001}) {
    const Bytes other = varint_bytes(length) + Bytes(wire.begin() + 2, wire.end());
    EXPECT_EQ(rule_of(other), "F16");
  }
}

TEST(StreamDecoder, RefusesMoreThanTheLimitHoweverItIsStored) {
  EXPECT_EQ(rule_of(wire_of(Bytes(1000, 'x')), 1000), "");
  EXPECT_EQ(rule_of(wire_of(Bytes(1000, 'x')), 999), "F17");
  EXPECT_EQ(rule_of(wire_of(noise(1000, 1)), 999), "F17");
  EXPECT_EQ(rule_of(varint_bytes(~std::uint64_t{0}) + varint_bytes(1) + Bytes(1)), "F17");
  const Bytes two = wire_of(Bytes(600, 'x')) + wire_of(noise(600, 1));
  EXPECT_EQ(decode(two, 2, 1199).error().rule, "F17");
  EXPECT_TRUE(decode(two, 2, 1200));
}

TEST(StreamDecoder, RefusesBytesAfterTheLastStream) {
  EXPECT_EQ(rule_of(wire_of({}) + Bytes{0}), "F18");
  EXPECT_EQ(decode(wire_of({}), 2).error().rule, "F2");
}

}  // namespace
}  // namespace skiff::testing
