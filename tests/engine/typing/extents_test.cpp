#include "typing/extents.hpp"

#include <gtest/gtest.h>

#include <random>

#include "predict/address_map.hpp"
#include "predict/type_map.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/typing/sound_typing.hpp"

namespace skiff::testing {
namespace {

/// A file of 1000 bytes in three pieces with a hole from 300 to 400.
class Scattered : public ::testing::Test {
 protected:
  const Bytes image_ = noise(5000, 1);
  const typing::FileExtents file_{1000, {{0, 300, 1000}, {400, 200, 2000}, {600, 400, 4000}}};
  const ViewSource source_{image_};
  const typing::ExtentSource extents_{source_, file_};

  [[nodiscard]] Bytes whole() const {
    return part(image_, 1000, 300) + Bytes(100) + part(image_, 2000, 200) + part(image_, 4000, 400);
  }
};

TEST_F(Scattered, ReadsAsOnePiece) {
  EXPECT_EQ(extents_.size(), 1000u);
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    const std::size_t offset = random() % 1001;
    Bytes out(random() % (1001 - offset), 0xee);
    ASSERT_TRUE(extents_.read_at(offset, out));
    ASSERT_EQ(out, part(whole(), offset, out.size()));
  }
}

TEST_F(Scattered, RefusesToBeReadPastItsEnd) {
  Bytes out(2);
  EXPECT_EQ(extents_.read_at(999, out).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(extents_.read_at(~std::uint64_t{0}, out).error().kind, ErrorKind::kUsage);
}

TEST_F(Scattered, IsPlacedSoThatEveryByteKeepsItsAddressAndKind) {
  const Space in_file{0,
                      1000,
                      0x10000,
                      0x20000,
                      {{100, 350, 0x10000}, {500, 500, 0x18000}},
                      {{0, 250, Kind::kA64, 0}, {250, 250, Kind::kRaw, 0}, {500, 500, Kind::kOffset32, 7}}};
  const ImageTyping before{in_file};
  const ImageTyping after{typing::placed(in_file, file_)};
  expect_sound(after, image_.size());
  EXPECT_EQ(after[0].low, in_file.low);
  EXPECT_EQ(after[0].high, in_file.high);
  for (const typing::Extent& extent : file_.extents) {
    for (std::uint64_t i = 0; i < extent.length; ++i) {
      const std::uint64_t in_image = extent.image_offset + i;
      ASSERT_EQ(AddressMap(after).address_of(in_image),
                AddressMap(before).address_of(extent.file_offset + i));
      const TypedRange kind = TypeMap(after).at(in_image).range;
      const TypedRange expected = TypeMap(before).at(extent.file_offset + i).range;
      ASSERT_EQ(kind.kind, expected.kind) << in_image;
      ASSERT_EQ(kind.origin, expected.origin) << in_image;
    }
  }
}

}  // namespace
}  // namespace skiff::testing
