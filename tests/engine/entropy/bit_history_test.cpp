#include "entropy/bit_history.hpp"

#include <gtest/gtest.h>

namespace skiff {
namespace {

BitHistory after(const char* bits) {
  BitHistory history = 0;
  for (; *bits != 0; ++bits) history = bit_histories().next[*bits == '1' ? 1 : 0][history];
  return history;
}

TEST(BitHistory, BeginsWithNothing) {
  const BitCounts& counts = bit_histories().counts[0];
  EXPECT_EQ(counts.zeros, 0);
  EXPECT_EQ(counts.ones, 0);
}

TEST(BitHistory, LeadsOnlyToHistoriesThatThereAre) {
  const BitHistories& all = bit_histories();
  ASSERT_LE(all.count, 256u);
  for (std::uint32_t history = 0; history < all.count; ++history) {
    EXPECT_LT(all.next[0][history], all.count);
    EXPECT_LT(all.next[1][history], all.count);
    EXPECT_NE(all.next[0][history], 0) << "nothing is never reached again";
  }
}

TEST(BitHistory, CountsAFewBitsOfEachKindExactly) {
  const BitCounts& counts = bit_histories().counts[after("0110")];
  EXPECT_EQ(counts.zeros, 2);
  EXPECT_EQ(counts.ones, 2);
  EXPECT_FALSE(counts.last);
}

TEST(BitHistory, TellsWhichBitCameLast) { EXPECT_NE(after("01"), after("10")); }

TEST(BitHistory, LetsALongRunFadeWhenTheOtherBitComes) {
  const BitCounts& counts = bit_histories().counts[after("11111111110")];
  EXPECT_EQ(counts.zeros, 1);
  EXPECT_EQ(counts.ones, 4);  // 2 + (10 − 2) / 4
}

TEST(BitHistory, IsAlikeForZerosAndOnes) {
  const BitHistories& all = bit_histories();
  const auto mirrored = [&](const BitCounts& counts) {
    for (std::uint32_t history = 0; history < all.count; ++history) {
      const BitCounts& other = all.counts[history];
      const bool nothing = counts.zeros + counts.ones == 0;
      if (other.zeros == counts.ones && other.ones == counts.zeros && (nothing || other.last != counts.last))
        return history;
    }
    return all.count;
  };
  for (std::uint32_t history = 0; history < all.count; ++history) {
    const std::uint32_t mirror = mirrored(all.counts[history]);
    ASSERT_LT(mirror, all.count);
    EXPECT_EQ(all.next[0][history], mirrored(all.counts[all.next[1][mirror]]));
  }
}

TEST(BitHistory, EndsLongRunsInOneHistory) {
  BitHistory history = after("1");
  for (int i = 0; i < 100; ++i) history = bit_histories().next[1][history];
  EXPECT_EQ(bit_histories().next[1][history], history);
  EXPECT_EQ(bit_histories().counts[history].ones, 32);
}

}  // namespace
}  // namespace skiff
