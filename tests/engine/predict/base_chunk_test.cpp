#include "predict/base_chunk.hpp"

#include <gtest/gtest.h>

namespace skiff {
namespace {

/// An image whose byte at an offset follows from it, and which counts how often it is read.
class CountedImage final : public Source {
 public:
  static constexpr std::uint64_t kSize = 100'000;
  [[nodiscard]] std::uint64_t size() const override { return kSize; }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    EXPECT_LE(offset + out.size(), kSize);
    ++reads_;
    if (offset == broken_) return fail(ErrorKind::kIo, "a broken block");
    for (std::uint8_t& byte : out) byte = byte_at(offset++);
    return {};
  }
  static std::uint8_t byte_at(std::uint64_t offset) {
    return static_cast<std::uint8_t>(offset * 0x9E3779B97F4A7C15 >> 56);
  }
  [[nodiscard]] int reads() const { return reads_; }
  void break_at(std::uint64_t offset) { broken_ = offset; }

 private:
  mutable int reads_ = 0;
  std::uint64_t broken_ = kSize;
};

TEST(BaseChunk, HoldsWhatWasAskedForAndItsMargin) {
  const CountedImage image;
  BaseChunk chunk;
  ASSERT_TRUE(chunk.read(image, 5000, 3));
  for (std::uint64_t at = 5000 - BaseChunk::kMargin; at < 5003 + BaseChunk::kMargin; ++at)
    ASSERT_EQ(chunk.u8(at), CountedImage::byte_at(at)) << at;
  std::uint64_t word = 0;
  for (std::uint64_t i = 8; i-- > 0;) word = word << 8 | CountedImage::byte_at(4990 + i);
  EXPECT_EQ(chunk.u64(4990), word);
  EXPECT_EQ(chunk.u32(4990), static_cast<std::uint32_t>(word));
  for (unsigned length = 1; length < 8; ++length)
    EXPECT_EQ(chunk.value(4990, length), word & ((std::uint64_t{1} << 8 * length) - 1)) << length;
}

TEST(BaseChunk, ReadsWhatIsCloseOnlyOnce) {
  const CountedImage image;
  BaseChunk chunk;
  for (std::uint64_t at = 5000; at < 8000; at += 100) ASSERT_TRUE(chunk.read(image, at, 100));
  EXPECT_EQ(image.reads(), 1);
  ASSERT_TRUE(chunk.read(image, 50'000, 100));
  ASSERT_TRUE(chunk.read(image, 49'000, 100));
  EXPECT_EQ(image.reads(), 3);
  EXPECT_EQ(chunk.u8(49'000), CountedImage::byte_at(49'000));
}

TEST(BaseChunk, EndsWithTheImageAndReadsAsZeroBeyond) {
  const CountedImage image;
  BaseChunk chunk;
  const std::uint64_t last = CountedImage::kSize - 1;
  ASSERT_TRUE(chunk.read(image, last, 1));
  EXPECT_EQ(chunk.u8(last), CountedImage::byte_at(last));
  EXPECT_EQ(chunk.value(last, 1), CountedImage::byte_at(last));
  EXPECT_EQ(chunk.value(last - 1, 4), CountedImage::byte_at(last - 1) | CountedImage::byte_at(last) << 8);
  EXPECT_EQ(chunk.u8(last + 1), 0);
  EXPECT_EQ(chunk.u32(last), 0u);
  EXPECT_EQ(chunk.value(last, 0), 0u);
}

TEST(BaseChunk, HoldsNothingAfterAReadThatFailed) {
  CountedImage image;
  BaseChunk chunk;
  ASSERT_TRUE(chunk.read(image, 5000, 100));
  image.break_at(20'000 - BaseChunk::kMargin);
  EXPECT_FALSE(chunk.read(image, 20'000, 100));
  EXPECT_FALSE(chunk.read(image, 20'000, 100));
  ASSERT_TRUE(chunk.read(image, 5000, 100));
  EXPECT_EQ(chunk.u8(5000), CountedImage::byte_at(5000));
}

}  // namespace
}  // namespace skiff
