#include "match/path.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "match/neighbours.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

std::vector<Segment> segments_of(const Texts& texts, Range32 stretch) {
  Bytes text(texts.base.begin(), texts.base.end());
  text.insert(text.end(), texts.result.begin(), texts.result.end());
  const Neighbours neighbours = find_neighbours(text, texts.base.size(), {}, 1);
  return find_segments(texts, neighbours, Occurrences(texts.base), stretch, SeedRules{}).segments;
}

/// What a path costs, counted byte by byte from its steps alone.
class Bill {
 public:
  Bill(const Texts& texts, const Costs& costs) : texts_(texts), costs_(costs) {}

  std::int64_t of(const std::vector<Step>& steps, Range32 stretch) {
    std::uint32_t at = stretch.begin;
    for (const Step& step : steps) {
      literals(at, step.begin);
      copy(step);
      at = step.end;
    }
    literals(at, stretch.end);
    return sum_;
  }

 private:
  // A flat price: the tests below set least_literal so high that entropy does not show.
  void literals(std::uint32_t begin, std::uint32_t end) { sum_ += (end - begin) * costs_.least_literal; }
  void copy(const Step& step) {
    const std::int64_t distance = std::abs(step.diagonal - diagonal_);
    sum_ += distance == 0 ? costs_.resume : costs_.enter;  // enter_per_bit is 0 in the tests below
    diagonal_ = step.diagonal;
    bool changed = false;
    for (std::uint32_t at = step.begin; at < step.end; ++at) {
      const bool equal = texts_.result[at] == texts_.base[static_cast<std::size_t>(at + step.diagonal)];
      sum_ += equal ? costs_.equal : changed ? costs_.next_mismatch : costs_.first_mismatch;
      changed = !equal;
    }
  }

  const Texts& texts_;
  const Costs& costs_;
  std::int64_t diagonal_ = 0;
  std::int64_t sum_ = 0;
};

/// Prices that a test can add up: flat literals, entries that do not depend on the distance.
Costs flat_costs() {
  Costs costs;
  costs.literal_percent = 0;
  costs.least_literal = 560;
  costs.repeated_mismatch = costs.next_mismatch = costs.first_mismatch = 700;
  costs.enter_per_bit = 0;
  costs.resume = costs.enter;
  return costs;
}

/// The least cost of all covers by the segments, by trying every one at every position.
std::int64_t naive_least_cost(const Texts& texts, const std::vector<Segment>& segments, const Costs& costs) {
  const auto length = static_cast<std::uint32_t>(texts.result.size());
  const std::int64_t never = std::int64_t{1} << 60;
  std::int64_t best = 0;
  std::vector<std::int64_t> along(segments.size(), never);
  for (std::uint32_t at = 0; at < length; ++at) {
    std::int64_t next = best + costs.least_literal;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const Segment& segment = segments[s];
      if (at < segment.begin || at >= segment.end) {
        along[s] = never;
        continue;
      }
      const bool equal = texts.result[at] == texts.base[static_cast<std::size_t>(at + segment.diagonal)];
      along[s] = std::min(along[s], best + costs.enter) + (equal ? costs.equal : costs.first_mismatch);
      next = std::min(next, along[s]);
    }
    best = next;
  }
  return best;
}

std::vector<testing::MatchPair> path_pairs() {
  std::vector<testing::MatchPair> pairs = testing::ordinary_pairs();
  for (auto& pair : testing::hostile_pairs(3'000)) pairs.push_back(std::move(pair));
  return pairs;
}

TEST(Path, CostsTheLeastThatAnyCoverByTheSegmentsCosts) {
  const Costs costs = flat_costs();
  for (const auto& [name, base, result] : path_pairs()) {
    const Texts texts{base, result};
    const Range32 all{0, static_cast<std::uint32_t>(result.size())};
    const std::vector<Segment> segments = segments_of(texts, all);
    if (segments.size() > 500) continue;  // the naive way is slow
    const Path path = cheapest_path(texts, segments, all, costs);
    EXPECT_EQ(path.cost, naive_least_cost(texts, segments, costs)) << name;
    EXPECT_EQ(path.cost, Bill(texts, costs).of(path.steps, all)) << name;
  }
}

TEST(Path, StepsAreInOrderAndInsideSegments) {
  for (const auto& [name, base, result] : path_pairs()) {
    const Texts texts{base, result};
    const Range32 half{0, static_cast<std::uint32_t>(result.size() / 2)};
    const std::vector<Segment> segments = segments_of(texts, half);
    std::uint32_t end = 0;
    for (const Step& step : cheapest_path(texts, segments, half, Costs{}).steps) {
      EXPECT_LE(end, step.begin) << name;
      EXPECT_LT(step.begin, step.end) << name;
      end = step.end;
      EXPECT_TRUE(std::any_of(segments.begin(), segments.end(), [&](const Segment& segment) {
        return segment.diagonal == step.diagonal && segment.begin <= step.begin && step.end <= segment.end;
      })) << name;
    }
    EXPECT_LE(end, half.end) << name;
  }
}

TEST(Path, PrefersACopyWithoutDifferencesToOneWith) {
  const Bytes good = testing::noise(500, 1);
  const Bytes base = testing::speckled(good, 40) + good;
  const Texts texts{base, good};
  const Range32 all{0, 500};
  const Path path = cheapest_path(texts, segments_of(texts, all), all, Costs{});
  ASSERT_EQ(path.steps.size(), 1u);
  EXPECT_EQ(path.steps[0], (Step{0, 500, 500}));
}

TEST(Path, OfNoSegmentsIsAllLiterals) {
  const Bytes result = testing::noise(100, 1);
  const Path path = cheapest_path({{}, result}, {}, {0, 100}, flat_costs());
  EXPECT_TRUE(path.steps.empty());
  EXPECT_EQ(path.cost, 100 * 560);
}

}  // namespace
}  // namespace skiff::match
