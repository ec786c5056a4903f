#include "match/block_match.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

const Checkpoint kGoOn = [](double) -> Result<void> { return {}; };

Cover match_blocks_of(const Bytes& base, const Bytes& result) {
  const Result<Cover> cover = match_blocks(ViewSource(base), ViewSource(result), kGoOn);
  EXPECT_TRUE(cover);
  return cover.value_or(Cover{});
}

/// Which result bytes must be covered: whole aligned blocks that stand at an aligned place of the base.
std::vector<bool> naive_covered(const Bytes& base, const Bytes& result) {
  std::set<std::string> blocks;
  const auto block = [](const Bytes& image, std::size_t at) {
    return std::string(as_text(image).substr(at, kBlockSize));
  };
  for (std::size_t at = 0; at + kBlockSize <= base.size(); at += kBlockSize) blocks.insert(block(base, at));
  std::vector<bool> covered(result.size());
  for (std::size_t at = 0; at + kBlockSize <= result.size(); at += kBlockSize) {
    if (!blocks.contains(block(result, at))) continue;
    std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(at), kBlockSize, true);
  }
  return covered;
}

TEST(BlockMatch, CoversEveryBlockThatTheBaseHasWithEqualBytes) {
  std::vector<testing::MatchPair> pairs = testing::ordinary_pairs();
  for (auto& pair : testing::hostile_pairs(40'000)) pairs.push_back(std::move(pair));
  for (const auto& [name, base, result] : pairs) {
    std::vector<bool> missing = naive_covered(base, result);
    std::uint64_t end = 0;
    for (const Copy& copy : match_blocks_of(base, result)) {
      ASSERT_GE(copy.result, end) << name;
      end = copy.result + copy.length;
      ASSERT_LE(end, result.size()) << name;
      ASSERT_LE(copy.base + copy.length, base.size()) << name;
      EXPECT_TRUE(copy.equal);
      ASSERT_EQ(testing::part(base, copy.base, copy.length), testing::part(result, copy.result, copy.length))
          << name;
      std::fill_n(missing.begin() + static_cast<std::ptrdiff_t>(copy.result), copy.length, false);
    }
    EXPECT_EQ(std::count(missing.begin(), missing.end(), true), 0) << name;
  }
}

TEST(BlockMatch, ProlongsCopiesPastTheBordersOfBlocks) {
  const Bytes base = testing::noise(5 * kBlockSize, 1);
  Bytes result = base;
  result[100] ^= 1;
  result[4 * kBlockSize + 7] ^= 1;
  const Cover cover = match_blocks_of(base, result);
  ASSERT_EQ(cover.size(), 1u);
  EXPECT_EQ(cover[0], (Copy{101, 101, 4 * kBlockSize + 7 - 101, true}));
}

TEST(BlockMatch, FollowsThePreviousCopyAmongBlocksThatAreAllAlike) {
  const Bytes block = testing::noise(kBlockSize, 2);
  const Bytes base = testing::noise(kBlockSize, 3) + block + block + block;
  const Cover cover = match_blocks_of(base, block + block + block);
  ASSERT_EQ(cover.size(), 1u);
  EXPECT_EQ(cover[0], (Copy{0, kBlockSize, 3 * kBlockSize, true}));
}

TEST(BlockMatch, TakesZerosFromTheLongestRunOfThem) {
  const Bytes base = Bytes(kBlockSize) + testing::noise(kBlockSize, 4) + Bytes(3 * kBlockSize);
  const Cover cover = match_blocks_of(base, testing::noise(kBlockSize, 5) + Bytes(3 * kBlockSize));
  ASSERT_FALSE(cover.empty());
  EXPECT_EQ(cover.back().base + cover.back().length, base.size());
}

TEST(BlockMatch, StopsWhenToldTo) {
  const Bytes image = testing::noise(4 * kBlockSize, 6);
  const Checkpoint stop = [](double) -> Result<void> { return fail(ErrorKind::kCancelled, "enough"); };
  const Result<Cover> cover = match_blocks(ViewSource(image), ViewSource(image), stop);
  ASSERT_FALSE(cover);
  EXPECT_EQ(cover.error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace skiff::match
