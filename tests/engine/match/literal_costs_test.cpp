#include "match/literal_costs.hpp"

#include <gtest/gtest.h>

#include "tests/engine/apply/test_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

TEST(Log2Sixteenths, IsExactAtPowersOfTwoAndRisesBetweenThem) {
  for (unsigned bits = 0; bits < 64; ++bits) EXPECT_EQ(log2_sixteenths(std::uint64_t{1} << bits), bits * 16);
  for (std::uint64_t value = 1; value < 5'000; ++value) {
    EXPECT_LE(log2_sixteenths(value), log2_sixteenths(value + 1)) << value;
  }
}

TEST(LiteralCosts, FollowWhatStandsInTheSameBlock) {
  const Bytes result = Bytes(4'095) + Bytes{1} + testing::noise(4'096, 1);
  LiteralCosts costs(result, {.percent = 100, .least = 10});
  EXPECT_EQ(costs.at(0), 10);
  EXPECT_EQ(costs.at(4'095), 1'200);
  EXPECT_NEAR(static_cast<double>(costs.at(5'000)), 800, 150);
  EXPECT_EQ(costs.at(7), 10);
}

}  // namespace
}  // namespace skiff::match
