#include "predict/reference_scan.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/predict/programs.hpp"

namespace skiff::testing {
namespace {

/// A typed range of code, bytes of it noise, whose references are found in two ways.
class Scanned : public ::testing::TestWithParam<Kind> {
 protected:
  static constexpr std::uint64_t kLength = 8'000;

  explicit Scanned() {
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) image_[random() % kLength] = static_cast<std::uint8_t>(random());
  }

  /// Where references begin in [begin, end), cut token by token.
  [[nodiscard]] std::vector<std::uint64_t> by_tokens(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::uint64_t> found;
    for (std::uint64_t at = begin; at < end;) {
      const Token token = tokenizer_.next(at, end);
      if (token.is_reference()) found.push_back(at);
      at += token.length;
    }
    return found;
  }
  [[nodiscard]] std::vector<std::uint64_t> by_scan(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::uint64_t> found;
    ReferenceScan scan(chunk_, space_.types.front(), begin);
    for (std::uint64_t at = begin; at < end;) {
      at = scan.skip(at, end);
      if (at >= end) break;
      const Token token = tokenizer_.next(at, end);
      if (token.is_reference()) found.push_back(at);
      at += token.length;
    }
    return found;
  }

  const ProgramPlan plan_{.kind = GetParam(), .length = kLength, .seed = 2};
  Bytes image_ = program(plan_);
  Space space_ = program_space(plan_);
  const ImageTyping typing_{space_};
  const AddressMap addresses_{typing_};
  BaseChunk chunk_;
  const Tokenizer tokenizer_{chunk_, addresses_, &space_, space_.types.front()};
};

TEST_P(Scanned, ReferencesAreThoseThatTokensHold) {
  const ViewSource source(image_);
  std::mt19937 random(3);
  std::size_t all = 0;
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t begin = round == 0 ? 0 : random() % kLength;
    const std::uint64_t end = begin + 1 + random() % (kLength - begin);
    ASSERT_TRUE(chunk_.read(source, begin, end - begin));
    const std::vector<std::uint64_t> expected = by_tokens(begin, end);
    ASSERT_EQ(by_scan(begin, end), expected) << begin << " to " << end;
    all += expected.size();
  }
  if (GetParam() == Kind::kA64 || GetParam() == Kind::kX64) {
    EXPECT_GT(all, 10'000u);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Scanned, ::testing::ValuesIn(kAllKinds),
                         [](const auto& kind) { return std::to_string(static_cast<int>(kind.param)); });

}  // namespace
}  // namespace skiff::testing
