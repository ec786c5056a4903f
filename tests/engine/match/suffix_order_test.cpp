#include "match/suffix_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

/// The bytes that decide where a suffix stands.
std::string_view key_of(const Bytes& text, std::int32_t position, std::uint32_t depth) {
  return as_text(text).substr(static_cast<std::size_t>(position), depth);
}

/// Zeros follow the last byte of the text.
bool are_in_order(std::string_view key, std::string_view next) {
  const std::size_t both = std::min(key.size(), next.size());
  const int order = key.substr(0, both).compare(next.substr(0, both));
  return order < 0 || (order == 0 && key.find_first_not_of('\0', both) == std::string_view::npos);
}

void expect_order(const std::string& name, const Bytes& text, std::size_t base_length) {
  for (const std::uint32_t depth : {4u, 10u, OrderRule::kDeepest}) {
    const OrderRule rule{depth, {}};
    const std::vector<std::int32_t> order = suffix_order(text, base_length, rule, 1);
    EXPECT_EQ(suffix_order(text, base_length, rule, 2), order) << name;
    std::vector<std::int32_t> all = order;
    std::sort(all.begin(), all.end());
    std::vector<std::int32_t> positions(text.size());
    std::iota(positions.begin(), positions.end(), 0);
    ASSERT_EQ(all, positions) << name;
    for (std::size_t i = 1; i < order.size(); ++i)
      ASSERT_TRUE(are_in_order(key_of(text, order[i - 1], depth), key_of(text, order[i], depth)))
          << name << " at " << i;
  }
}

TEST(SuffixOrder, IsThatOfTheBytesThatFollow) {
  for (const auto& [name, base, result] : testing::hostile_pairs(2'000))
    expect_order(name, base + result, base.size());
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    Bytes text = testing::noise(seed * 29, seed);
    for (std::uint8_t& byte : text) byte = static_cast<std::uint8_t>(byte % (2 + seed % 5) * 255);
    expect_order("noise " + std::to_string(seed), text, text.size() / 2);
  }
  expect_order("code", testing::code(30'000, 1, 7) + testing::code(30'000, 2, 7), 30'000 * 4);
}

TEST(SuffixOrder, HoldsLargeGroupsOfAlikeSuffixes) {
  // More positions than are sorted by keys of their own agree in their first 2, 9 and 70 bytes.
  for (const std::size_t period : {2u, 9u, 70u}) {
    const Bytes unit = testing::noise(period, 5);
    Bytes text;
    while (text.size() < 10'000 * (period + 1)) {
      text.insert(text.end(), unit.begin(), unit.end());
      text.push_back(static_cast<std::uint8_t>(text.size() / 7));
    }
    expect_order("period " + std::to_string(period), text, text.size() / 3);
  }
}

TEST(SuffixOrder, PutsAlikeSuffixesBesideTheirHome) {
  // The same 200 bytes stand at four places of the base, and at four of the result that are nobody's.
  const Bytes same = testing::noise(200, 1);
  Bytes base;
  for (std::uint32_t i = 0; i < 4; ++i) base = base + testing::noise(824, 10 + i) + same;
  Bytes result;
  for (std::uint32_t i = 0; i < 4; ++i) result = result + testing::noise(824, 20 + i) + same;
  // Without homes each is beside that at its own offset; with them, here, beside that of the next part.
  for (const std::int32_t parts : {0, 1}) {
    OrderRule rule;
    for (std::int32_t at = 0; parts != 0 && at < 4096; at += kHomeStep)
      rule.homes.push_back((at + parts * 1024) % 4096);
    const std::vector<std::int32_t> order = suffix_order(base + result, base.size(), rule, 1);
    for (std::int32_t i = 0; i < 4; ++i) {
      const auto at = std::find(order.begin(), order.end(), 4096 + 824 + i * 1024);
      ASSERT_NE(at, order.begin());
      EXPECT_EQ(*std::prev(at), 824 + (i + parts) % 4 * 1024);
    }
  }
}

TEST(SuffixOrder, OfNothingIsEmpty) {
  EXPECT_TRUE(suffix_order({}, 0, {}, 2).empty());
  EXPECT_EQ(suffix_order(Bytes{7}, 0, {}, 2), std::vector<std::int32_t>{0});
}

}  // namespace
}  // namespace skiff::match
