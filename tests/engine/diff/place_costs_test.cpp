#include "diff/place_costs.hpp"

#include <gtest/gtest.h>

namespace skiff {
namespace {

constexpr WireCost kOne = PlaceCosts::kCell;  ///< so that cells divide evenly

TEST(PlaceCosts, SumUpOverRangesAndPartsOfCells) {
  PlaceCosts costs;
  costs.add(0, {kOne, 0});
  costs.add(15, {kOne, kOne});
  costs.add(160, {0, 4 * kOne});
  EXPECT_EQ(costs.whole().all(), 7 * kOne);
  EXPECT_EQ(costs.between(0, 16).literals, 2 * kOne);
  EXPECT_EQ(costs.between(0, 16).corrections, kOne);
  EXPECT_EQ(costs.between(0, 8).literals, kOne);
  EXPECT_EQ(costs.between(16, 160).all(), 0u);
  EXPECT_EQ(costs.between(164, 168).corrections, kOne);
  EXPECT_EQ(costs.between(0, 10'000).all(), 7 * kOne);
  EXPECT_EQ(costs.between(176, 10'000).all(), 0u);
  EXPECT_EQ(costs.between(5, 5).all(), 0u);
}

TEST(PlaceCosts, FollowTheExtentsOfAFile) {
  PlaceCosts costs;
  for (std::uint64_t cell = 0; cell < 8; ++cell) costs.add(cell * 16, {(cell + 1) * kOne, 0});
  const typing::FileExtents file{48, {{0, 16, 80}, {32, 16, 16}}};  // a hole in its middle
  EXPECT_EQ(costs.of(file).all(), (6 + 2) * kOne);
  EXPECT_EQ(costs.of(file, 16, 32).all(), 0u);
  EXPECT_EQ(costs.of(file, 40, 48).all(), kOne);
}

}  // namespace
}  // namespace skiff
