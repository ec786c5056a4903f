#include "codec/segment_coder.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/codec/typed_window.hpp"

namespace skiff::testing {
namespace {

class SegmentOf : public ::testing::TestWithParam<Kind> {
 protected:
  /// Codes a whole window in segments of the budget and decodes each by itself.
  Bytes there_and_back(const TypedWindow& window, std::size_t budget) {
    Bytes made;
    for (std::uint64_t at = 0; at < window.result.size();) {
      const auto coded = code_range(window, models_, at, budget);
      EXPECT_TRUE(coded);
      if (!coded || coded->end <= at) return {};
      if (coded->end < window.result.size()) {
        EXPECT_GE(coded->taken, budget);
      }
      const auto bytes = decode_range(window, models_, coded->wire, {at, coded->end});
      EXPECT_TRUE(bytes);
      if (!bytes) return {};
      made = made + *bytes;
      at = coded->end;
    }
    return made;
  }

  SegmentModels models_{kSmallModels};
};

TEST_P(SegmentOf, AWindowComesBackWhole) {
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    const TypedWindow window = typed_window(GetParam(), 20'000, seed);
    EXPECT_EQ(there_and_back(window, SIZE_MAX), window.result) << seed;
  }
}

TEST_P(SegmentOf, AWindowComesBackWhereverItsSegmentsEnd) {
  const TypedWindow window = typed_window(GetParam(), 80, 5);
  const std::size_t whole = code_range(window, models_, 0).value().wire.size();
  for (std::size_t budget = 1; budget <= whole + 5; budget += 1 + budget / 24)
    ASSERT_EQ(there_and_back(window, budget), window.result) << budget;
}

TEST_P(SegmentOf, AProgramThatOnlyMovedCostsAFewBytes) {
  const TypedWindow window = moved_program(GetParam(), 20'000, 6);
  const auto coded = code_range(window, models_, 0).value();
  ASSERT_EQ(decode_range(window, models_, coded.wire, {0, coded.end}).value(), window.result);
  // The 64 bytes of noise in the gap, and 2500 references that the map alone predicts.
  EXPECT_LT(coded.wire.size(), 64u + 260u);
}

TEST_P(SegmentOf, AProgramMakesTheSameBytesAgain) {
  const TypedWindow window = typed_window(GetParam(), 4000, 7);
  const Bytes first = code_range(window, models_, 0).value().wire;
  code_range(typed_window(Kind::kRaw, 4000, 8), models_, 0).value();
  EXPECT_EQ(code_range(window, models_, 0).value().wire, first);
  SegmentModels others(kSmallModels);
  EXPECT_EQ(code_range(window, others, 0).value().wire, first);
}

TEST_P(SegmentOf, AnyBytesMakesARangeOfItsLength) {
  std::mt19937 random(9);
  const TypedWindow window = typed_window(GetParam(), 2000, 9);
  const Bytes wire = code_range(window, models_, 0).value().wire;
  for (int round = 0; round < 20; ++round) {
    Bytes broken = round % 2 == 0 ? wire : noise(random() % 400, random());
    if (!broken.empty()) broken[random() % broken.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    const std::uint64_t begin = random() % window.result.size();
    const std::uint64_t end = begin + random() % (window.result.size() - begin + 1);
    const auto made = decode_range(window, models_, broken, {begin, end});
    ASSERT_TRUE(made);
    ASSERT_EQ(made->size(), end - begin);
  }
}

TEST_P(SegmentOf, AnyBytesUnderAnyTypingMakesARangeOfItsLength) {
  std::mt19937_64 random(10);
  TypedWindow window = typed_window(GetParam(), 2000, 10);
  const auto extreme = [&](std::uint64_t plain) {
    const std::uint64_t edge = (random() % 3 << 62) + random() % 4096 - 2048;
    return random() % 3 == 0 ? plain : random() % 2 == 0 ? edge : random();
  };
  for (int round = 0; round < 20; ++round) {
    Space& base = window.map.typing.base.front();
    Space& result = window.map.typing.result.front();
    base.low = extreme(0);
    base.high = extreme(~std::uint64_t{0});
    base.types.front().origin = extreme(base.low);
    for (Space* space : {&base, &result}) {
      const std::uint64_t half = random() % (space->end + 1);
      space->addresses = {{0, half, extreme(0x400000)}, {half, space->end - half, extreme(0x400000)}};
    }
    const auto made = decode_range(window, models_, noise(600, static_cast<std::uint32_t>(round)),
                                   {0, window.result.size()});
    ASSERT_TRUE(made);
    ASSERT_EQ(made->size(), window.result.size());
  }
}

TEST_P(SegmentOf, AnEarlyStopNeverOverreachesItsBudgetByMuch) {
  const TypedWindow window = typed_window(GetParam(), 4000, 11);
  for (std::size_t budget = 1; budget < 200; budget += 19) {
    const auto coded = code_range(window, models_, 0, budget).value();
    EXPECT_LE(coded.wire.size(), budget + 120);  // one run of literals, and five bytes at the end
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, SegmentOf, ::testing::ValuesIn(kAllKinds),
                         [](const auto& kind) { return std::to_string(static_cast<int>(kind.param)); });

TEST(SegmentCoder, HandsOnAFailedReadOfTheBase) {
  const TypedWindow window = typed_window(Kind::kA64, 20'000, 1);
  SegmentModels models(kSmallModels);
  const auto coded = code_range(window, models, 0).value();
  const ViewSource base(window.base);
  const WindowView view(window.map);
  class Ignore final : public ResultStream {
    Result<ByteView> peek(std::size_t /*length*/) override { return ByteView{}; }
    Result<void> put(ByteView /*bytes*/) override { return {}; }
  } ignore;
  std::uint64_t n = 0;
  for (;; ++n) {
    Countdown countdown(n);
    const FailingSource failing(base, countdown);
    models.reset();
    RangeDecoder coder(coded.wire);
    SegmentCoder<RangeDecoder> segment(coder, models, kSmallModels, failing, view, ignore);
    const auto end = segment.run(0, coded.end);
    if (end) break;
    ASSERT_EQ(end.error().kind, ErrorKind::kIo);
  }
  EXPECT_GE(n, 3u);
}

TEST(SegmentCoder, TakesNothingForVerbatimCopiesAndHardlyMoreThanNoiseForNoise) {
  TypedWindow window{{}, noise(3000, 2), {}};
  SegmentModels models(kSmallModels);
  const auto coded = code_range(window, models, 0).value();
  EXPECT_NEAR(static_cast<double>(coded.wire.size()), 3000, 150);
  window.base = window.result;
  window.map.copies = {{0, 0, 3000, true}};
  EXPECT_TRUE(code_range(window, models, 0).value().wire.empty());
}

TEST(SegmentCoder, TakesNoMoreThanNoiseForWholeBlocksOfNoise) {
  const TypedWindow window{{}, noise(8 * kPlainBlock, 3), {}};
  SegmentModels models(kSmallModels);
  const auto coded = code_range(window, models, 0).value();
  EXPECT_LE(coded.wire.size(), window.result.size() + 8);
  EXPECT_EQ(decode_range(window, models, coded.wire, {0, coded.end}).value(), window.result);
}

TEST(SegmentCoder, ModelsNoiseThatStoodThereBefore) {
  const Bytes once = noise(2 * kPlainBlock, 4);
  const TypedWindow window{{}, once + once, {}, {12, 16, 10}};
  SegmentModels models(window.models);
  const auto coded = code_range(window, models, 0).value();
  EXPECT_LE(coded.wire.size(), once.size() + 200);
  EXPECT_EQ(decode_range(window, models, coded.wire, {0, coded.end}).value(), window.result);
}

TEST(SegmentCoder, StopsBetweenBlocksOfLiterals) {
  const TypedWindow window{{}, noise(4 * kPlainBlock + 10, 5), {}};
  SegmentModels models(kSmallModels);
  const auto coded = code_range(window, models, 0, 1).value();
  EXPECT_EQ(coded.end, kPlainBlock);
  EXPECT_EQ(decode_range(window, models, coded.wire, {0, coded.end}).value(),
            part(window.result, 0, kPlainBlock));
}

TEST(SegmentCoder, CodesLiteralInstructionsAsWords) {
  // The same new instructions beside A64 code and beside bytes of no kind: as words they cost less.
  const auto cost = [](Kind kind) {
    TypedWindow window = moved_program(Kind::kA64, 20'000, 9);
    const Bytes fresh = program({.kind = Kind::kA64, .length = 8'000, .seed = 10});
    const std::uint64_t end = window.result.size();
    window.result = part(window.result, 0, end) + fresh;
    for (TypedRange& range : window.map.typing.base.front().types) range.kind = kind;
    SegmentModels models(window.models);
    const auto coded = code_range(window, models, 0).value();
    EXPECT_EQ(decode_range(window, models, coded.wire, {0, coded.end}).value(), window.result);
    return coded.wire.size();
  };
  EXPECT_LT(cost(Kind::kA64), cost(Kind::kRaw));
}

TEST(Noise, IsNoTextAndNothingOrderly) {
  const History history(12);
  EXPECT_TRUE(looks_like_noise(noise(kPlainBlock, 6), history));
  EXPECT_FALSE(looks_like_noise(prose(kPlainBlock, 6), history));
  Bytes orderly(kPlainBlock);
  for (std::size_t i = 0; i < orderly.size(); ++i) orderly[i] = static_cast<std::uint8_t>(i);
  EXPECT_FALSE(looks_like_noise(orderly, history));
}

}  // namespace
}  // namespace skiff::testing
