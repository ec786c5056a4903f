#include "typing/image_reader.hpp"

#include <gtest/gtest.h>

namespace skiff::typing {
namespace {

TEST(ImageReader, ReadsNumbersAcrossBlocksAndZerosBehindTheEnd) {
  Bytes image(ImageReader::kBlock + 6, 0);
  for (std::size_t i = 0; i < 8; ++i) image[ImageReader::kBlock - 2 + i] = static_cast<std::uint8_t>(i + 1);
  const ViewSource source(image);
  ImageReader reader(source);
  EXPECT_EQ(reader.u64(ImageReader::kBlock - 2), 0x0807060504030201u);
  EXPECT_EQ(reader.u32(ImageReader::kBlock), 0x06050403u);
  EXPECT_EQ(reader.u32(ImageReader::kBlock + 4), 0x0807u);
  EXPECT_EQ(reader.u16(image.size()), 0u);
}

TEST(ImageReader, TellsZerosFromOneByteThatIsNone) {
  Bytes image(ImageReader::kBlock + 100, 0);
  const ViewSource source(image);
  EXPECT_TRUE(ImageReader(source).is_zero(0, ImageReader::kBlock));
  EXPECT_TRUE(ImageReader(source).is_zero(ImageReader::kBlock, 4096)) << "what is behind the end is zero";
  for (const std::size_t at : {std::size_t{4096}, std::size_t{4097}, std::size_t{8191}}) {
    image[at] = 1;
    EXPECT_FALSE(ImageReader(source).is_zero(4096, 4096)) << at;
    EXPECT_TRUE(ImageReader(source).is_zero(0, 4096)) << at;
    EXPECT_TRUE(ImageReader(source).is_zero(8192, 4096)) << at;
    image[at] = 0;
  }
}

}  // namespace
}  // namespace skiff::typing
