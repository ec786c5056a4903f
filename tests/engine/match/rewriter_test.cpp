#include "match/rewriter.hpp"

#include <gtest/gtest.h>

#include "match/block_match.hpp"
#include "match/matcher.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::match {
namespace {

Result<void> go_on(double) { return {}; }

std::uint64_t copied(const Cover& cover) {
  std::uint64_t length = 0;
  for (const Copy& copy : cover) length += copy.length;
  return length;
}

/// Shows every byte of the result as one less than it is.
class OneLess final : public Rewriter {
 public:
  Result<void> rewrite_base(Range range, MutableBytes bytes) const override {
    return range.length() == bytes.size() ? Result<void>{} : fail(ErrorKind::kUsage, "other bytes");
  }
  Result<void> rewrite_result(Range range, MutableBytes bytes) const override {
    for (std::uint8_t& byte : bytes) --byte;
    return range.length() == bytes.size() ? Result<void>{} : fail(ErrorKind::kUsage, "other bytes");
  }
};

/// Cannot show anything.
class Failing final : public Rewriter {
 public:
  Result<void> rewrite_base(Range, MutableBytes) const override { return fail(ErrorKind::kIo, "base"); }
  Result<void> rewrite_result(Range, MutableBytes) const override { return fail(ErrorKind::kIo, "result"); }
};

class RewrittenImages : public ::testing::Test {
 protected:
  RewrittenImages() {
    for (std::uint8_t& byte : result_) ++byte;
  }
  Result<Match> match(const Rewriter* rewriter) {
    const Cover blocks;
    SKIFF_ASSIGN(const std::vector<Match> found,
                 find_residue_covers({base_source_, result_source_, blocks, rewriter}, {}, go_on));
    return found.front();
  }

  const Bytes base_ = testing::noise(50'000, 1);
  Bytes result_ = testing::part(base_, 10'000, 30'000);
  const ViewSource base_source_{base_};
  const ViewSource result_source_{result_};
};

TEST_F(RewrittenImages, AreMatchedAsTheyAreShown) {
  const OneLess one_less;
  const auto found = match(&one_less);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->cover.size(), 1u);
  EXPECT_EQ(found->cover[0].result, 0u);
  EXPECT_EQ(found->cover[0].base, 10'000u);
  EXPECT_EQ(found->cover[0].length, 30'000u);
  EXPECT_FALSE(found->cover[0].equal) << "only the bytes shown are equal";
}

TEST_F(RewrittenImages, HaveNothingInCommonWithoutARewriter) {
  EXPECT_LT(copied(match(nullptr).value().cover), 1'000u);
}

TEST_F(RewrittenImages, HandOnTheErrorOfTheirRewriter) {
  const Failing failing;
  EXPECT_EQ(match(&failing).error().kind, ErrorKind::kIo);
}

TEST(FindResidueCover, KeepsTheBlocksAndMatchesWhatTheyLeave) {
  const Bytes base = testing::noise(64 * 1024, 2);
  Bytes result = base;
  for (std::size_t at = 20'000; at < 30'000; at += 50) ++result[at];
  const ViewSource base_source(base);
  const ViewSource result_source(result);
  const Cover blocks = find_blocks(base_source, result_source, go_on).value();
  EXPECT_GT(copied(blocks), 40'000u);
  EXPECT_LT(copied(blocks), base.size());
  const Match found = find_residue_covers({base_source, result_source, blocks}, {}, go_on).value().front();
  EXPECT_GE(copied(found.cover) + 2, result.size());  // a changed byte at a border may be a literal
  std::uint64_t at = 0;
  for (const Copy& copy : found.cover) {
    EXPECT_GE(copy.result, at);
    EXPECT_EQ(copy.base, copy.result);
    at = copy.result + copy.length;
  }
}

}  // namespace
}  // namespace skiff::match
