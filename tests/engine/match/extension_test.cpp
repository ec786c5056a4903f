#include "match/extension.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "skiff/bytes.hpp"

namespace skiff::match {
namespace {

/// The definition, a byte at a time.
std::size_t naive_reach(const Bytes& a, const Bytes& b, const ExtensionScores& scores) {
  std::int64_t score = 0;
  std::int64_t best = 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    score += a[i] == b[i] ? scores.equal : scores.different;
    if (score < best - scores.drop) break;
    if (score <= best) continue;
    best = score;
    length = i + 1;
  }
  return length;
}

/// Two texts of which about one byte in `one_in` differs, more and more often towards the end.
void alike(std::mt19937& random, std::size_t length, Bytes& a, Bytes& b) {
  const std::uint32_t one_in = 1 + random() % 12;
  a.assign(length, 0);
  b.assign(length, 0);
  for (std::size_t i = 0; i < length; ++i) {
    a[i] = static_cast<std::uint8_t>(random());
    const bool differs = random() % one_in == 0 || random() % length < i / 2;
    b[i] = static_cast<std::uint8_t>(a[i] + (differs ? 1 + random() % 255 : 0));
  }
}

TEST(Extension, ReachesAsFarAsTheDefinitionSaysInBothDirections) {
  std::mt19937 random(1);
  for (const std::int32_t drop : {0, 17, 60, 400}) {
    const ExtensionScores scores{.drop = drop};
    const Extension extension(scores);
    for (int round = 0; round < 2'000; ++round) {
      Bytes a;
      Bytes b;
      alike(random, random() % 300, a, b);
      const std::size_t expected = naive_reach(a, b, scores);
      EXPECT_EQ(extension.forward(a.data(), b.data(), a.size()).length, expected);
      std::reverse(a.begin(), a.end());
      std::reverse(b.begin(), b.end());
      EXPECT_EQ(extension.backward(a.data() + a.size(), b.data() + b.size(), a.size()).length, expected);
    }
  }
}

TEST(Extension, LooksNoFurtherThanTheDropAllows) {
  const Bytes a(100'000, 1);
  const Bytes b(100'000, 2);
  const Extension extension(ExtensionScores{});
  EXPECT_EQ(extension.forward(a.data(), b.data(), a.size()).length, 0u);
  EXPECT_LE(extension.forward(a.data(), b.data(), a.size()).looked, 400u / 8 + 8);
}

}  // namespace
}  // namespace skiff::match
