#include "diff/reference_rewriter.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "match/cover.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/predict/programs.hpp"

namespace skiff::testing {
namespace {

/// A program and the same program with a gap in its middle.
class Rewritten : public ::testing::TestWithParam<Kind> {
 protected:
  static constexpr std::uint64_t kLength = 200'000;
  static constexpr std::uint64_t kGapAt = kLength / 2;
  static constexpr std::uint64_t kGap = 4096;

  static ProgramPlan plan(std::uint64_t gap) {
    return {.kind = GetParam(), .length = kLength, .seed = 1, .gap_at = gap == 0 ? 0 : kGapAt, .gap = gap};
  }
  /// Bytes of the base that differ from those they became.
  [[nodiscard]] static std::size_t differing(const Bytes& base, const Bytes& result) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < kLength; ++at)
      count += base[at] != result[at < kGapAt ? at : at + kGap] ? 1 : 0;
    return count;
  }

  const Bytes base_ = program(plan(0));
  const Bytes result_ = program(plan(kGap));
  const ViewSource base_source_{base_};
  const ViewSource result_source_{result_};
  const Typing typing_{{program_space(plan(0))}, {program_space(plan(kGap))}};
  const TypedImages typed_{{base_source_, result_source_}, typing_};
};

TEST_P(Rewritten, TranslatedReferencesAreTheSameInBothImages) {
  const match::Cover cover = {{0, 0, kGapAt, false}, {kGapAt + kGap, kGapAt, kLength - kGapAt, false}};
  const TranslatingRewriter rewriter(typed_, cover);
  Bytes base = base_;
  Bytes result = result_;
  ASSERT_TRUE(rewriter.rewrite_base({0, base.size()}, base));
  ASSERT_TRUE(rewriter.rewrite_result({0, result.size()}, result));
  const std::size_t before = differing(base_, result_);
  ASSERT_GT(before, kLength / 20);
  EXPECT_LT(differing(base, result), before / 50);
}

TEST_P(Rewritten, ReferencesAreTheSameHoweverTheStretchesAreCut) {
  const match::Cover cover = {{0, 0, kGapAt, false}, {kGapAt + kGap, kGapAt, kLength - kGapAt, false}};
  const TranslatingRewriter rewriter(typed_, cover);
  Bytes whole = base_;
  ASSERT_TRUE(rewriter.rewrite_base({0, whole.size()}, whole));
  Bytes pieces = base_;
  for (std::uint64_t at = 0; at < pieces.size(); at += 8'000) {
    const match::Range range{at, std::min<std::uint64_t>(at + 8'000, pieces.size())};
    ASSERT_TRUE(rewriter.rewrite_base(range, MutableBytes(pieces).subspan(at, range.length())));
  }
  EXPECT_EQ(pieces, whole);
}

TEST_P(Rewritten, BlankedInstructionsAreNearlyTheSameInBothImages) {
  const BlankingRewriter rewriter(typed_);
  Bytes base = base_;
  Bytes result = result_;
  ASSERT_TRUE(rewriter.rewrite_base({0, base.size()}, base));
  ASSERT_TRUE(rewriter.rewrite_result({0, result.size()}, result));
  // Addresses in the literal pools of Thumb code are no fields of instructions: they are left as they are.
  const std::size_t fraction = GetParam() == Kind::kThumb ? 2 : 10;
  EXPECT_LT(differing(base, result), differing(base_, result_) / fraction);
}

TEST_P(Rewritten, BytesOfNoSpaceStayAsTheyAre) {
  const Typing nothing;
  const BlankingRewriter rewriter({{base_source_, result_source_}, nothing});
  Bytes base = base_;
  ASSERT_TRUE(rewriter.rewrite_base({0, base.size()}, base));
  EXPECT_EQ(base, base_);
}

INSTANTIATE_TEST_SUITE_P(Code, Rewritten, ::testing::Values(Kind::kA64, Kind::kX64, Kind::kThumb),
                         [](const auto& kind) { return std::to_string(static_cast<int>(kind.param)); });

}  // namespace
}  // namespace skiff::testing
