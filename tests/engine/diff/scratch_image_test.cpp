#include "diff/scratch_image.hpp"

#include <gtest/gtest.h>

#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

TEST(ScratchImage, ReadsBackAnywhereWhatWasWrittenInOrder) {
  auto image = ScratchImage::make();
  ASSERT_TRUE(image) << image.error().text();
  const Bytes content = noise(200'000, 1);
  ASSERT_TRUE(image->write(ByteView(content).first(70'000)));
  ASSERT_TRUE(image->write(ByteView(content).subspan(70'000)));
  EXPECT_EQ(image->size(), content.size());
  Bytes read(1'000);
  ASSERT_TRUE(image->read_at(69'500, read));
  EXPECT_EQ(read, part(content, 69'500, 1'000));
  EXPECT_TRUE(image->read_at(200'000, {}));
  EXPECT_EQ(image->read_at(199'001, read).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace skiff::testing
