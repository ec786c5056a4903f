#include "match/matcher.hpp"

#include <gtest/gtest.h>

#include "match/equal_runs.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

const Checkpoint kGoOn = [](double) -> Result<void> { return {}; };

/// Blocks, the rest, and what of it is equal.
Result<Match> matched(const Source& base, const Source& result, const MatchOptions& options,
                      const Checkpoint& checkpoint) {
  SKIFF_ASSIGN(const Cover blocks, find_blocks(base, result, checkpoint));
  SKIFF_ASSIGN(std::vector<Match> matches, find_residue_covers({base, result, blocks}, options, checkpoint));
  Match& match = matches.front();
  SKIFF_ASSIGN(match.cover, split_equal_runs(match.cover, base, result));
  return std::move(match);
}

Match match_of(const Bytes& base, const Bytes& result, const MatchOptions& options = {}) {
  Result<Match> match = matched(ViewSource(base), ViewSource(result), options, kGoOn);
  EXPECT_TRUE(match);
  return match ? std::move(*match) : Match{};
}

std::vector<testing::MatchPair> all_pairs() {
  std::vector<testing::MatchPair> pairs = testing::ordinary_pairs();
  for (auto& pair : testing::hostile_pairs(30'000)) pairs.push_back(std::move(pair));
  return pairs;
}

std::uint64_t covered_bytes(const Cover& cover) {
  std::uint64_t sum = 0;
  for (const Copy& copy : cover) sum += copy.length;
  return sum;
}

TEST(Matcher, CopiesAreInOrderApartInsideBothImagesAndTruthfulAboutEquality) {
  for (const auto& [name, base, result] : all_pairs()) {
    std::uint64_t end = 0;
    for (const Copy& copy : match_of(base, result).cover) {
      ASSERT_GE(copy.result, end) << name;
      ASSERT_GT(copy.length, 0u) << name;
      end = copy.result + copy.length;
      ASSERT_LE(end, result.size()) << name;
      ASSERT_LE(copy.base + copy.length, base.size()) << name;
      const bool equal =
          testing::part(base, copy.base, copy.length) == testing::part(result, copy.result, copy.length);
      EXPECT_EQ(copy.equal, equal) << name << " at " << copy.result;
    }
  }
}

TEST(Matcher, FindsNearlyEverythingThatOnlyMoved) {
  for (const auto& [name, base, result] : testing::ordinary_pairs()) {
    if (name == "unrelated" || base.empty() || result.empty()) continue;
    EXPECT_GT(covered_bytes(match_of(base, result).cover), result.size() * 95 / 100) << name;
  }
}

TEST(Matcher, CoversNothingOfWhatIsNotThere) {
  const Bytes base = testing::noise(50'000, 1);
  EXPECT_LT(covered_bytes(match_of(base, testing::noise(50'000, 2)).cover), 100u);
  EXPECT_TRUE(match_of({}, base).cover.empty());
  EXPECT_TRUE(match_of(base, {}).cover.empty());
}

TEST(Matcher, GivesTheSameCoverWhateverTheNumberOfThreads) {
  for (const auto& [name, base, result] : all_pairs()) {
    const Cover one = match_of(base, result, {.threads = 1}).cover;
    for (const unsigned threads : {2u, 3u}) {
      EXPECT_EQ(match_of(base, result, {.threads = threads}).cover, one) << name;
    }
  }
}

TEST(Matcher, WorksInChunksWhenMemoryIsShort) {
  const Bytes base = testing::noise(4 << 20, 1);
  const Bytes result = testing::noise(100, 2) + testing::speckled(base, 700);
  const MatchOptions tight{.threads = 2, .max_memory = 24 << 20};
  const Match match = match_of(base, result, tight);
  EXPECT_GT(covered_bytes(match.cover), result.size() * 3 / 4);
}

/// Bytes and positions looked at, with what each byte of the residue costs whatever it is (sorting it, above
/// all) in the same unit: about a nanosecond.
std::uint64_t total(const MatchWork& work) {
  return 100 * work.residue_bytes + work.seed_bytes + work.path_steps;
}

/// What programs take: 146 a byte on a Rust library, 285 on a database server in C++ (rust_arm64 and cpp_x64c
/// of datasets/).
constexpr std::uint64_t kOrdinaryWork = 285;

TEST(Matcher, DoesNoMoreThanThreeTimesOrdinaryWorkOnHostileImages) {
  constexpr std::size_t kLength = 1 << 20;
  for (const auto& [name, base, result] : testing::hostile_pairs(kLength)) {
    const MatchWork work = match_of(base, result).work;
    EXPECT_LE(total(work), 3 * kOrdinaryWork * result.size()) << name;
    EXPECT_LE(work.segments, result.size() / 8) << name;
  }
}

TEST(Matcher, DoesNoMoreThanOrdinaryWorkOnCodeThatShifted) {
  const Bytes base = testing::code(250'000, 1, 0);
  const Bytes result = testing::code(250'000, 1, 5);
  EXPECT_LE(total(match_of(base, result).work), kOrdinaryWork * result.size());
}

TEST(Matcher, StopsAtWhicheverCheckpointSaysSo) {
  const Bytes base = testing::prose(60'000, 1);
  const Bytes result = testing::speckled(base, 100);
  for (int allowed = 0;; ++allowed) {
    int left = allowed;
    const Checkpoint stop = [&](double) -> Result<void> {
      if (left-- > 0) return {};
      return fail(ErrorKind::kCancelled, "enough");
    };
    const Result<Match> match = matched(ViewSource(base), ViewSource(result), {}, stop);
    if (match) {
      EXPECT_GT(allowed, 3);
      return;
    }
    EXPECT_EQ(match.error().kind, ErrorKind::kCancelled);
  }
}

}  // namespace
}  // namespace skiff::match
