#include "unpack/scan.hpp"

#include <gtest/gtest.h>

#include "tests/engine/apply/test_images.hpp"

namespace skiff::unpack {
namespace {

using testing::noise;
using testing::operator+;
using testing::part;
using testing::prose;

Bytes packed_by(const Method& method, ByteView opened) {
  BytesSink sink;
  EXPECT_TRUE(pack_stream(method, opened, sink));
  return sink.take();
}

std::vector<FoundStream> found_in(const Bytes& image) {
  std::vector<FoundStream> all;
  EXPECT_TRUE(find_streams(ViewSource(image), {{0, image.size()}}, [&](FoundStream& found) -> Result<void> {
    all.push_back(found);
    return {};
  }));
  return all;
}

TEST(Scan, FindsStreamsOfEachCodecWhereTheyAre) {
  const Bytes content = prose(100'000, 1);
  const Bytes gzip_header = {0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 2, 3, 'a', '.', 'c', 0};
  const Bytes deflated = packed_by({StreamCodec::kDeflate, {9, 8, 0, 15, 0}}, content);
  const Bytes zlib = packed_by({StreamCodec::kZlib, {9, 8, 0, 15, 0}}, content);
  const Bytes xz = packed_by({StreamCodec::kXz, {6, 1 << 17, 0, 1, 1}}, content);
  const Bytes zstd = packed_by({StreamCodec::kZstd, {15, 0, 0, 0, 0}}, content);
  const auto found = found_in(noise(77, 2) + gzip_header + deflated + zlib + noise(50, 3) + xz + zstd);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].codec, StreamCodec::kDeflate);
  EXPECT_EQ(found[0].offset, 77 + gzip_header.size());
  EXPECT_EQ(found[0].length, deflated.size());
  EXPECT_EQ(found[1].codec, StreamCodec::kZlib);
  EXPECT_EQ(found[1].length, zlib.size());
  EXPECT_EQ(found[2].codec, StreamCodec::kXz);
  EXPECT_EQ(found[2].length, xz.size());
  EXPECT_EQ(found[3].codec, StreamCodec::kZstd);
  EXPECT_EQ(found[3].length, zstd.size());
  for (const FoundStream& stream : found) EXPECT_EQ(stream.opened, content);
}

TEST(Scan, FindsMembersOfZipFiles) {
  const Bytes content = prose(50'000, 1);
  const Bytes deflated = packed_by({StreamCodec::kDeflate, {6, 8, 0, 15, 0}}, content);
  Bytes header = {'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0};
  header.resize(26, 0);
  const Bytes name = {'a', '/', 'b'};
  const Bytes lengths = {3, 0, 5, 0};
  const Bytes member = header + lengths + name + Bytes(5, 1) + deflated;
  const auto found = found_in(noise(31, 2) + member + member + noise(99, 3));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].offset, 31 + 38u);
  EXPECT_EQ(found[1].offset, 31 + member.size() + 38);
  for (const FoundStream& stream : found) EXPECT_EQ(stream.opened, content);
  Bytes encrypted = member;
  encrypted[6] = 1;
  Bytes stored = member;
  stored[8] = 0;
  EXPECT_TRUE(found_in(encrypted).empty());
  EXPECT_TRUE(found_in(stored).empty());
}

/// A PNG file's signature and the chunk that says how large the picture is.
Bytes png_head() {
  return Bytes{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'} + noise(17, 6);
}

TEST(Scan, FindsPicturesOfSeveralChunks) {
  const Bytes content = noise(5'000, 1);
  for (const std::uint64_t length : {999, 1'000, 4'999}) {
    const Bytes picture = packed_by({StreamCodec::kPngPicture, {length}}, content);
    const auto found = found_in(noise(31, 2) + png_head() + picture + Bytes{0, 0, 0, 0, 'I', 'E', 'N', 'D'});
    ASSERT_EQ(found.size(), 1u) << length;
    EXPECT_EQ(found[0].codec, StreamCodec::kPngPicture);
    EXPECT_EQ(found[0].offset, 31 + png_head().size());
    EXPECT_EQ(found[0].length, picture.size());
    EXPECT_EQ(found[0].opened, content);
  }
}

TEST(Scan, LeavesPicturesThatItsChunksWouldNotMakeAgain) {
  const Bytes content = noise(5'000, 1);
  const auto chunks = [&](std::uint64_t length) {
    return packed_by({StreamCodec::kPngPicture, {length}}, content);
  };
  const Bytes tail = noise(99, 3);
  EXPECT_EQ(found_in(png_head() + chunks(1'000) + tail).size(), 1u);
  EXPECT_TRUE(found_in(png_head() + chunks(5'000) + tail).empty());                // one
  EXPECT_TRUE(found_in(png_head() + chunks(999) + chunks(999) + tail).empty());    // a short one not the last
  EXPECT_TRUE(found_in(png_head() + chunks(999) + chunks(1'000) + tail).empty());  // a longer one
  for (const std::size_t byte : {500, 1'009, 2'000}) {
    Bytes damaged = png_head() + chunks(1'000);
    damaged[png_head().size() + byte] ^= 1;
    EXPECT_TRUE(found_in(damaged + tail).empty()) << byte;
  }
}

TEST(Scan, TakesCutStreamsForPlainBytes) {
  const Bytes xz = packed_by({StreamCodec::kXz, {6, 1 << 17, 0, 1, 1}}, prose(100'000, 1));
  for (std::size_t length = 0; length < xz.size(); length += 997)
    EXPECT_TRUE(found_in(part(xz, 0, length)).empty());
}

/// Every byte begins a stream of which each decodes a while and then fails: the budget ends it.
TEST(Scan, EndsOnImagesMadeToFail) {
  const Bytes whole = packed_by({StreamCodec::kZlib, {9, 8, 0, 15, 0}}, Bytes(4 << 20, 0));
  const Bytes stream = part(whole, 0, whole.size() - 8);
  Bytes image;
  while (image.size() < 200'000) image = image + stream;
  EXPECT_TRUE(found_in(image).empty());
}

}  // namespace
}  // namespace skiff::unpack
