#include "unpack/stream_codec.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <ctime>

#include "tests/engine/apply/test_images.hpp"
#include "unpack/trial.hpp"

namespace skiff::unpack {
namespace {

using testing::noise;
using testing::operator+;
using testing::prose;

const std::vector<Method> kMethods = {
    {StreamCodec::kDeflate, {6, 8, 0, 15, 0}}, {StreamCodec::kZlib, {9, 8, 0, 15, 0}},
    {StreamCodec::kZlib, {1, 9, 0, 15, 0}},    {StreamCodec::kXz, {6, 1 << 17, 0, 1, 1}},
    {StreamCodec::kXz, {6, 1 << 20, 4, 1, 0}}, {StreamCodec::kXz, {9 + 16, 1 << 16, 0, 4, 0}},
    {StreamCodec::kZstd, {15, 0, 0, 0, 0}},    {StreamCodec::kZstd, {3, 1, 0, 0, 0}},
    {StreamCodec::kPngPicture, {4096}},        {StreamCodec::kMicroLzma, {6, 1 << 15, 1 << 20, 12, 0}}};

Bytes packed_by(const Method& method, ByteView opened) {
  BytesSink sink;
  EXPECT_TRUE(pack_stream(method, opened, sink));
  return sink.take();
}

TEST(StreamCodec, OpensWhatItPacks) {
  const Bytes content = prose(200'000, 1) + noise(3'000, 2);
  for (const Method& method : kMethods) {
    Bytes opened(content.size());
    EXPECT_TRUE(open_stream(method, packed_by(method, content), opened));
    EXPECT_EQ(opened, content);
  }
}

TEST(StreamCodec, RefusesAStreamOfAnotherLength) {
  const Bytes content = prose(5'000, 1);
  for (const Method& method : kMethods) {
    Bytes opened(content.size() + 1);
    EXPECT_EQ(open_stream(method, packed_by(method, content), opened).error().kind, ErrorKind::kMismatch);
    opened.resize(content.size() - 1);
    EXPECT_FALSE(open_stream(method, packed_by(method, content), opened));
  }
}

TEST(MethodFinder, FindsAMethodThatMakesTheSameBytes) {
  const Bytes content = prose(150'000, 4);
  for (const Method& made : kMethods) {
    const Bytes packed = packed_by(made, content);
    MethodFinder finder;
    const auto found = finder.find({made.codec, 0, packed.size(), content}, packed);
    ASSERT_TRUE(found) << static_cast<int>(made.codec);
    EXPECT_EQ(packed_by(*found, content), packed);
  }
}

TEST(MethodFinder, FindsNothingForBytesThatNoMethodMakes) {
  const Bytes content = prose(50'000, 4);
  for (const Method& made : kMethods) {
    Bytes packed = packed_by(made, content);
    packed[packed.size() / 2] ^= 1;
    EXPECT_FALSE(MethodFinder().find({made.codec, 0, packed.size(), content}, packed));
  }
}

TEST(MethodFinder, FindsEveryMannerOfZstd) {
  const Bytes content = prose(1'100'000, 4);
  for (const auto& [level, manner] :
       {std::pair<std::uint64_t, std::uint64_t>{1, 0}, {1, 1}, {3, 2}, {3, 3}, {19, 0}}) {
    const Method made{StreamCodec::kZstd, {level, 1, manner, 0, 0}};
    const Bytes packed = packed_by(made, content);
    const auto found = MethodFinder().find({StreamCodec::kZstd, 0, packed.size(), content}, packed);
    ASSERT_TRUE(found) << level << ' ' << manner;
    EXPECT_EQ(packed_by(*found, content), packed);
  }
}

/// CPU seconds that a piece of work takes.
template <class Work>
double seconds_of(const Work& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / static_cast<double>(CLOCKS_PER_SEC);
}

TEST(MethodFinder, ZstdOfAnotherEncoderCostsLessThanPackingItTwice) {
  const Bytes content = prose(2'000'000, 4);
  constexpr int kLevelNotTried = -3;
  Bytes packed(ZSTD_compressBound(content.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), kLevelNotTried));
  const double once = seconds_of([&] { packed_by({StreamCodec::kZstd, {19, 0, 0, 0, 0}}, content); });
  const double search = seconds_of([&] {
    EXPECT_FALSE(MethodFinder().find({StreamCodec::kZstd, 0, packed.size(), content}, packed));
  });
  EXPECT_LT(search, 2 * once);
}

}  // namespace
}  // namespace skiff::unpack
