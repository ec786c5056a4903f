#include "match/segments.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

SegmentSearch search(const Bytes& base, const Bytes& result) {
  const Neighbours neighbours = find_neighbours(base + result, base.size(), {}, 1);
  const Range32 all{0, static_cast<std::uint32_t>(result.size())};
  return find_segments({base, result}, neighbours, Occurrences(base), all, SeedRules{});
}

TEST(Segments, ReachAcrossDifferencesAndStopAtStrangeData) {
  const Bytes shared = testing::noise(1'000, 1);
  const Bytes base = testing::noise(300, 2) + shared + testing::noise(300, 3);
  const Bytes result = testing::noise(200, 4) + testing::speckled(shared, 30) + testing::noise(300, 5);
  const std::vector<Segment> found = search(base, result).segments;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].diagonal, 100);
  EXPECT_NEAR(found[0].begin, 200, 4);
  EXPECT_NEAR(found[0].end, 1'200, 4);
}

TEST(Segments, NeedEightEqualBytesOfWhichSixAreTelling) {
  const Bytes base = testing::noise(100, 1) + Bytes{1, 2, 3, 4, 5, 6, 0, 0} + testing::noise(100, 2);
  const auto found = [&](const Bytes& seed) {
    return search(base, testing::noise(100, 3) + seed + testing::noise(100, 4)).segments.size();
  };
  EXPECT_EQ(found({1, 2, 3, 4, 5, 6, 0, 0}), 1u);
  EXPECT_EQ(found({1, 2, 3, 4, 5, 6, 0, 9}), 0u);
  const Bytes dull = testing::noise(100, 1) + Bytes{1, 2, 3, 4, 5, 0, 0, 255} + testing::noise(100, 2);
  EXPECT_EQ(search(dull, testing::noise(100, 3) + Bytes{1, 2, 3, 4, 5, 0, 0, 255} + testing::noise(100, 4))
                .segments.size(),
            0u);
}

TEST(Segments, DoNotGrowFromStringsThatAreEverywhereInTheBase) {
  Bytes base;
  for (std::uint32_t i = 0; i < 40; ++i)
    base = base + testing::noise(50, 100 + i) + Bytes{1, 2, 3, 4, 5, 6, 7, 8};
  const Bytes result = testing::noise(50, 1) + Bytes{1, 2, 3, 4, 5, 6, 7, 8} + testing::noise(50, 2);
  EXPECT_TRUE(search(base, result).segments.empty());
}

TEST(Segments, StayInsideBothImages) {
  for (const auto& [name, base, result] : testing::ordinary_pairs()) {
    for (const Segment& segment : search(base, result).segments) {
      EXPECT_LT(segment.begin, segment.end) << name;
      EXPECT_LE(segment.end, result.size()) << name;
      EXPECT_GE(segment.begin + segment.diagonal, 0) << name;
      EXPECT_LE(segment.end + segment.diagonal, static_cast<std::int64_t>(base.size())) << name;
    }
  }
}

TEST(Segments, OfOneDiagonalDoNotOverlap) {
  for (const auto& [name, base, result] : testing::hostile_pairs(5'000)) {
    std::map<std::int64_t, std::uint32_t> ends;
    for (const Segment& segment : search(base, result).segments) {
      EXPECT_GE(segment.begin, ends[segment.diagonal]) << name;
      ends[segment.diagonal] = segment.end;
    }
  }
}

TEST(Occurrences, AreNeverCountedTooLow) {
  const Bytes base = testing::repeated({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 205);
  const Occurrences occurrences(base);
  EXPECT_GE(occurrences.of(base.data()), 20u);
  EXPECT_EQ(Occurrences(Bytes(1'000)).of(Bytes(8).data()), 255u);
}

}  // namespace
}  // namespace skiff::match
