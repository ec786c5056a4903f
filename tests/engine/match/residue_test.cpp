#include "match/residue.hpp"

#include <gtest/gtest.h>

#include "match/chunks.hpp"
#include "match/equal_runs.hpp"
#include "match/neighbours.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

TEST(Uncovered, IsWhatNoRangeHolds) {
  EXPECT_EQ(uncovered(100, {{50, 60}, {10, 20}, {15, 30}}, 1, 0), (Ranges{{0, 10}, {30, 50}, {60, 100}}));
  EXPECT_EQ(uncovered(100, {{0, 100}}, 1, 0), Ranges{});
  EXPECT_EQ(uncovered(100, {}, 16, 8), (Ranges{{0, 100}}));
  EXPECT_EQ(uncovered(0, {}, 16, 8), Ranges{});
}

TEST(Uncovered, IsWidenedToAlignedBordersAndJoined) {
  EXPECT_EQ(uncovered(1'000, {{0, 101}, {110, 500}, {520, 1'000}}, 16, 10), (Ranges{{80, 128}, {480, 544}}));
  EXPECT_EQ(uncovered(1'000, {{0, 100}, {110, 130}, {140, 1'000}}, 16, 10), (Ranges{{80, 160}}));
  EXPECT_EQ(uncovered(1'000, {{0, 995}}, 16, 10), (Ranges{{976, 1'000}}));
}

TEST(Residue, KnowsWhereEachByteCameFrom) {
  const Bytes image = testing::noise(200, 1);
  const Result<Residue> residue = Residue::read(ViewSource(image), {{10, 20}, {50, 90}, {199, 200}});
  ASSERT_TRUE(residue);
  ASSERT_EQ(residue->bytes().size(), 51u);
  for (std::uint32_t at = 0; at < 51; ++at) {
    const Residue::Piece& piece = residue->piece_of(at);
    EXPECT_EQ(residue->bytes()[at], image[static_cast<std::size_t>(piece.image.begin + (at - piece.at))]);
  }
}

TEST(Chunks, AreOneWhenEverythingFits) {
  const std::vector<Chunk> chunks = plan_chunks({{0, 1'000}}, {{0, 2'000}}, 1 << 20);
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].base, (Ranges{{0, 1'000}}));
  EXPECT_EQ(chunks[0].result, (Ranges{{0, 2'000}}));
}

TEST(Chunks, TakeTheResultInOrderAndTheBaseNearby) {
  constexpr std::uint64_t kMiB = 1 << 20;
  const Ranges base{{0, 100 * kMiB}};
  const Ranges result{{0, 50 * kMiB}, {60 * kMiB, 100 * kMiB}};
  const std::uint64_t memory = 100 * kMiB;
  const std::vector<Chunk> chunks = plan_chunks(base, result, memory);
  ASSERT_GT(chunks.size(), 5u);
  Ranges seen;
  for (const Chunk& chunk : chunks) {
    EXPECT_LE(neighbours_memory(total_length(chunk.base), total_length(chunk.result)), memory);
    EXPECT_EQ(total_length(chunk.base), total_length(chunks[0].base));
    EXPECT_LE(chunk.base.front().begin, chunk.result.front().begin);
    EXPECT_GT(chunk.base.back().end, chunk.result.front().begin);
    for (const Range& range : chunk.result) {
      if (!seen.empty() && seen.back().end == range.begin) {
        seen.back().end = range.end;
      } else {
        seen.push_back(range);
      }
    }
  }
  EXPECT_EQ(seen, result);
}

TEST(EqualRuns, AreSplitOffOnlyWhenTheyAreLong) {
  const Bytes base = testing::noise(100'000, 2);
  Bytes result = base;
  result[10] ^= 1;
  result[20] ^= 1;
  result[60'000] ^= 1;
  const Result<Cover> cover = split_equal_runs({{0, 0, 50'000, false}, {50'000, 50'000, 50'000, false}},
                                               ViewSource(base), ViewSource(result));
  ASSERT_TRUE(cover);
  EXPECT_EQ(*cover, (Cover{{0, 0, 21, false},
                           {21, 21, 59'979, true},
                           {60'000, 60'000, 1, false},
                           {60'001, 60'001, 39'999, true}}));
}

TEST(EqualRuns, MakeAWhollyEqualCopyVerbatimAtAnyLength) {
  const Bytes base = testing::noise(100, 3);
  const Result<Cover> cover =
      split_equal_runs({{0, 5, 9, false}, {9, 50, 4, false}}, ViewSource(base),
                       ViewSource(testing::part(base, 5, 9) + testing::part(base, 51, 4)));
  ASSERT_TRUE(cover);
  ASSERT_EQ(cover->size(), 2u);
  EXPECT_TRUE((*cover)[0].equal);
  EXPECT_FALSE((*cover)[1].equal);
}

}  // namespace
}  // namespace skiff::match
