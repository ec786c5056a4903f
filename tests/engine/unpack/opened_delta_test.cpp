// Whole deltas between opened images: made, applied in every way, resumed and refused.
#include <gtest/gtest.h>

#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "unpack/stream_codec.hpp"

namespace skiff::testing {
namespace {

using unpack::Method;
using unpack::StreamCodec;

const ApplyOptions kDevice{.max_memory = std::uint64_t{256} << 20, .repackers = all_repackers()};

/// Blocks of prose, each packed by the method; of the result one block differs, one is new and the rest
/// stays.
ImagePair packed_pair(const Method& method) {
  ImagePair pair{"packed", noise(96, 1), noise(96, 1)};
  const auto add = [&](Bytes& image, const Bytes& content) {
    BytesSink sink;
    EXPECT_TRUE(unpack::pack_stream(method, content, sink));
    image = image + sink.bytes();
  };
  for (std::uint32_t i = 0; i < 6; ++i) {
    const Bytes content = prose(60'000, i);
    add(pair.base, content);
    add(pair.result, i == 2 ? speckled(content, 9'000) : content);
    if (i == 3) add(pair.result, prose(40'000, 0) + prose(20'000, 99));
  }
  pair.base = pair.base + noise(50, 2);
  pair.result = pair.result + noise(50, 3);
  return pair;
}

Bytes delta_of(const ImagePair& pair, const Repackers& repackers, Codec codec = Codec::kZstd) {
  BytesSink sink;
  EXPECT_TRUE(build_delta(ViewSource(pair.base), ViewSource(pair.result), sink,
                          {.codec = codec, .repackers = repackers}, make_sha256));
  return sink.take();
}

TEST(OpenedDelta, GivesTheImageBackAndIsSmallerThanTheClosedOne) {
  for (const Method& method :
       {Method{StreamCodec::kZlib, {9, 8, 0, 15, 0}}, Method{StreamCodec::kXz, {6, 1 << 17, 0, 1, 1}},
        Method{StreamCodec::kZstd, {15, 0, 0, 0, 0}}}) {
    for (const Codec codec : {Codec::kZstd, Codec::kContextMixing}) {
      const ImagePair pair = packed_pair(method);
      const Bytes delta = delta_of(pair, all_repackers(), codec);
      EXPECT_LT(delta.size(), delta_of(pair, {}, codec).size());
      BytesSink result;
      const auto info = apply_delta(ViewSource(pair.base), ViewSource(delta), result, kDevice, make_sha256);
      ASSERT_TRUE(info) << info.error().text();
      EXPECT_TRUE(info->opening);
      EXPECT_EQ(result.bytes(), pair.result);
    }
  }
}

TEST(OpenedDelta, IsRefusedByADeviceWithoutItsRepacker) {
  const ImagePair pair = packed_pair({StreamCodec::kZlib, {9, 8, 0, 15, 0}});
  const Bytes delta = delta_of(pair, all_repackers());
  for (const Repackers& repackers : {Repackers{}, Repackers{&xz_repacker()}}) {
    ApplyOptions options = kDevice;
    options.repackers = repackers;
    BytesSink result;
    const auto info = apply_delta(ViewSource(pair.base), ViewSource(delta), result, options, make_sha256);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().kind, ErrorKind::kUnsupported);
    EXPECT_EQ(info.error().rule, "F7");
    EXPECT_TRUE(result.bytes().empty());
  }
}

TEST(OpenedDelta, OpensNothingThatTheDeviceCannotPack) {
  const ImagePair pair = packed_pair({StreamCodec::kZlib, {9, 8, 0, 15, 0}});
  EXPECT_EQ(delta_of(pair, {&xz_repacker()}), delta_of(pair, {}));
}

TEST(OpenedDelta, CountsTheMemoryOfTheRepacker) {
  const ImagePair pair = packed_pair({StreamCodec::kXz, {6, 1 << 17, 0, 1, 1}});
  ApplyOptions options = kDevice;
  options.max_memory = std::uint64_t{8} << 20;
  BytesSink result;
  const auto info = apply_delta(ViewSource(pair.base), ViewSource(delta_of(pair, all_repackers())), result,
                                options, make_sha256);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().kind, ErrorKind::kLimit);
}

TEST(OpenedDelta, RefusesEveryDamagedByte) {
  const ImagePair pair = packed_pair({StreamCodec::kZlib, {9, 8, 0, 15, 0}});
  const Bytes delta = delta_of(pair, all_repackers());
  for (std::size_t at = 0; at < delta.size(); at += 7) {
    Bytes damaged = delta;
    damaged[at] ^= 0x11;
    BytesSink result;
    EXPECT_FALSE(apply_delta(ViewSource(pair.base), ViewSource(damaged), result, kDevice, make_sha256)) << at;
  }
}

/// Pushes until `segments` segments are told as done, and then power is cut.
void push_until(Applier& applier, const Bytes& delta, const RecordingWriter& writer, std::size_t segments) {
  while (!applier.done() && writer.done.size() < segments) {
    const auto offset = static_cast<std::size_t>(applier.next_offset());
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(applier.next_length(), 1'000));
    ASSERT_TRUE(applier.push(ByteView(delta).subspan(offset, length)));
  }
}

class OpenedResume : public ::testing::TestWithParam<unsigned> {};

TEST_P(OpenedResume, GoesOnAfterEverySegmentThatIsDone) {
  ApplyOptions device = kDevice;
  device.threads = GetParam();
  ImagePair pair = packed_pair({StreamCodec::kZlib, {9, 8, 0, 15, 0}});
  pair.result = noise(2 << 20, 8) + pair.result + noise(2 << 20, 9);  // several segments
  const Bytes delta = delta_of(pair, all_repackers());
  const ViewSource base(pair.base);
  RecordingWriter whole(pair.result.size());
  Applier first(base, whole, device, make_sha256);
  ASSERT_TRUE(push_all(first, delta, 50'000));
  ASSERT_EQ(whole.image, pair.result);
  ASSERT_GE(whole.done.size(), 4u);
  for (std::size_t segments = 1; segments <= whole.done.size(); ++segments) {
    RecordingWriter writer(pair.result.size());
    Applier cut(base, writer, device, make_sha256);
    push_until(cut, delta, writer, segments);
    Applier again(base, writer, device, make_sha256);
    ASSERT_TRUE(again.push(ByteView(delta).first(static_cast<std::size_t>(first.info()->head_length))));
    ASSERT_TRUE(again.resume_at(writer.done.back() + 1));
    ASSERT_TRUE(push_all(again, delta, 50'000));
    EXPECT_EQ(writer.image, pair.result) << segments;
    EXPECT_EQ(writer.done, whole.done);
  }
}

INSTANTIATE_TEST_SUITE_P(OfThreads, OpenedResume, ::testing::Values(1u, 3u));

}  // namespace
}  // namespace skiff::testing
