#include "match/homes.hpp"

#include <gtest/gtest.h>

#include "skiff/io.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::match {
namespace {

Residue residue_of(const Bytes& image, const Ranges& ranges) {
  return Residue::read(ViewSource(image), ranges).value();
}

class HomesTest : public ::testing::Test {
 protected:
  Bytes image_ = testing::noise(100'000, 1);
  Residue whole_ = residue_of(image_, {{0, image_.size()}});
};

TEST_F(HomesTest, FollowTheJumpOfWhatIsCopiedThere) {
  const Cover known{
      {0, 1'000, 20'000, true}, {20'000, 50'000, 30'000, false}, {50'000, 10'000, 50'000, false}};
  const Homes homes = find_homes(whole_, whole_, known);
  ASSERT_EQ(homes.size(), (image_.size() + kHomeStep - 1) / kHomeStep);
  EXPECT_EQ(homes[0], 1'000);
  EXPECT_EQ(homes[40'192 / kHomeStep], 40'192 + 30'000);
  EXPECT_EQ(homes[80'128 / kHomeStep], 80'128 - 40'000);
}

TEST_F(HomesTest, AreNotMovedByAStrayCopyAmongLongerOnes) {
  const Cover known{{0, 0, 40'000, false}, {40'000, 90'000, 300, false}, {40'300, 40'300, 20'000, false}};
  const Homes homes = find_homes(whole_, whole_, known);
  EXPECT_EQ(homes[40'192 / kHomeStep], 40'192);
}

TEST_F(HomesTest, GoOnAsBeforeWhereNothingIsKnown) {
  const Homes homes = find_homes(whole_, whole_, {{1'000, 3'000, 9'000, false}});
  EXPECT_EQ(homes[90'112 / kHomeStep], 90'112 + 2'000);
  EXPECT_EQ(find_homes(whole_, whole_, {})[200], 200 * static_cast<std::int32_t>(kHomeStep));
}

TEST_F(HomesTest, AreOffsetsInTheBuffersAndStayInside) {
  const Residue base = residue_of(image_, {{10'000, 20'000}, {60'000, 70'000}});
  const Residue result = residue_of(image_, {{62'000, 72'000}});
  const Homes homes = find_homes(base, result, {});
  EXPECT_EQ(homes[0], 12'000);      // 62,000 is in the second piece, at 10,000
  EXPECT_EQ(homes.back(), 20'000);  // beyond the last piece
  EXPECT_EQ(find_homes(base, result, {{62'000, 30'000, 9'000, false}})[0], 10'000);  // between the pieces
  EXPECT_EQ(find_homes(base, result, {{62'000, 0, 9'000, false}})[0], 0);
}

}  // namespace
}  // namespace skiff::match
