#include "match/neighbours.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "match/common_run.hpp"
#include "match/suffix_order.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

/// The definition, by looking both ways from each result position.
Neighbours naive_neighbours(const std::vector<std::int32_t>& order, std::size_t base_length) {
  const auto border = static_cast<std::int32_t>(base_length);
  Neighbours out;
  out.before.assign(order.size() - base_length, Neighbours::kNone);
  out.after = out.before;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] < border) continue;
    const auto at = static_cast<std::size_t>(order[i] - border);
    for (std::size_t up = i; up-- > 0 && out.before[at] == Neighbours::kNone;) {
      if (order[up] < border) out.before[at] = order[up];
    }
    for (std::size_t down = i + 1; down < order.size() && out.after[at] == Neighbours::kNone; ++down) {
      if (order[down] < border) out.after[at] = order[down];
    }
  }
  return out;
}

std::vector<testing::MatchPair> small_pairs() {
  std::vector<testing::MatchPair> pairs = testing::hostile_pairs(300);
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    Bytes base = testing::noise(seed * 13, seed);
    Bytes result = testing::noise(seed * 11, seed + 1);
    for (Bytes* bytes : {&base, &result}) {
      for (std::uint8_t& byte : *bytes) byte %= 3;
    }
    pairs.push_back({"ternary " + std::to_string(seed), base, result});
  }
  return pairs;
}

TEST(Neighbours, AreThoseInTheOrderOfSuffixes) {
  for (const auto& [name, base, result] : small_pairs()) {
    const Bytes text = base + result;
    const Neighbours expected = naive_neighbours(suffix_order(text, base.size(), {}, 1), base.size());
    for (const unsigned threads : {1u, 2u}) {
      const Neighbours found = find_neighbours(text, base.size(), {}, threads);
      EXPECT_EQ(found.before, expected.before) << name;
      EXPECT_EQ(found.after, expected.after) << name;
    }
  }
}

TEST(Neighbours, OneOfTheTwoHasTheLongestCommonPrefixThatIsToldApart) {
  for (const std::uint32_t depth : {4u, 10u, OrderRule::kDeepest}) {
    for (const auto& pair : small_pairs()) {
      const auto& [name, base, result] = pair;
      const Bytes text = base + result;
      const Neighbours found = find_neighbours(text, base.size(), {depth, {}}, 1);
      const auto prefix = [&](std::size_t base_at, std::size_t at) {
        const std::size_t longest = std::min<std::size_t>(pair.result.size() - at, depth);
        return common_run(text.data() + base_at, text.data() + pair.base.size() + at, longest);
      };
      for (std::size_t at = 0; at < result.size(); ++at) {
        std::size_t longest = 0;
        for (std::size_t base_at = 0; base_at < base.size(); ++base_at)
          longest = std::max(longest, prefix(base_at, at));
        std::size_t nearest = 0;
        for (const std::int32_t n : {found.before[at], found.after[at]}) {
          if (n != Neighbours::kNone) nearest = std::max(nearest, prefix(static_cast<std::size_t>(n), at));
        }
        ASSERT_EQ(nearest, longest) << name << " at " << at << " to " << depth;
      }
    }
  }
}

TEST(CommonRun, CountsLikeALoopAtEveryLengthAndLimit) {
  for (std::size_t differ = 0; differ <= 40; ++differ) {
    Bytes a = testing::noise(40, 1);
    Bytes b = a;
    if (differ < b.size()) b[differ] ^= 1;
    for (std::size_t limit = 0; limit <= a.size(); ++limit) {
      EXPECT_EQ(common_run(a.data(), b.data(), limit), std::min(differ, limit));
      const std::size_t behind = differ < b.size() ? b.size() - 1 - differ : b.size();
      EXPECT_EQ(common_run_before(a.data() + 40, b.data() + 40, limit), std::min(behind, limit));
    }
  }
}

}  // namespace
}  // namespace skiff::match
