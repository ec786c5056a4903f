#include "predict/predictor.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/predict/programs.hpp"

namespace skiff::testing {
namespace {

TEST(LearnedCache, TakesInNewKeysOnlyWhenTold) {
  LearnedCache cache(8);
  EXPECT_EQ(cache.find(5), nullptr);
  cache.learn(5, 77, false);
  EXPECT_EQ(cache.find(5), nullptr);
  cache.learn(5, 77, true);
  ASSERT_NE(cache.find(5), nullptr);
  EXPECT_EQ(cache.find(5)->value, 77u);
  EXPECT_EQ(cache.find(5)->confidence, 1u);
}

TEST(LearnedCache, GrowsSureByRepetitionAndBelievesTheNewest) {
  LearnedCache cache(8);
  for (int i = 0; i < 9; ++i) cache.learn(5, 77, true);
  EXPECT_EQ(cache.find(5)->confidence, 3u);
  cache.learn(5, 78, false);
  EXPECT_EQ(cache.find(5)->value, 78u);
  EXPECT_EQ(cache.find(5)->confidence, 1u);
  cache.reset();
  EXPECT_EQ(cache.find(5), nullptr);
}

TEST(LearnedCache, NeverGivesAValueOfAnotherKey) {
  LearnedCache cache(4);
  std::mt19937 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint32_t key = random() % 200;
    cache.learn(key, key * 10, true);
    const std::uint32_t other = random() % 200;
    const auto* found = cache.find(other);
    if (found) {
      ASSERT_EQ(found->value, other * 10);
    }
  }
}

/// A base at 0x10000 that was copied whole, into a result at the same addresses.
class Predicting : public ::testing::Test {
 protected:
  Predicting() {
    moved_.build(1, [this](std::uint32_t) { return copy_; });
  }
  PlacedToken plain(std::uint32_t old, bool data, std::uint64_t offset = 0) {
    PlacedToken placed;
    placed.token.base_offset = offset;
    placed.token.length = 4;
    placed.token.data = data;
    placed.token.old = old;
    placed.result_offset = offset;
    return placed;
  }
  PlacedToken pointer(std::uint64_t target, std::uint64_t offset = 0) {
    PlacedToken placed = plain(0, false, offset);
    placed.token.length = 8;
    placed.token.old = target;
    placed.token.target = target;
    placed.token.field.reference = Reference::kPointer64;
    placed.space = &typing_.front();
    return placed;
  }
  std::uint64_t predicted(PlacedToken placed) {
    return predictor_.predict(placed, copy_, 0).candidates[0].value;
  }
  void learn(PlacedToken placed, std::uint64_t value) {
    const Prediction prediction = predictor_.predict(placed, copy_, 0);
    predictor_.learn(placed, prediction, value, 0);
  }

  const Moved copy_{0, 0, 0x10000};
  const ImageTyping typing_ = {{0, 0x10000, 0x10000, 0x20000, {{0, 0x10000, 0x10000}}, {}}};
  const AddressMap result_{typing_};
  InverseMap moved_;
  Translator translator_{result_, moved_};
  Predictor predictor_{result_, translator_, 10};
};

TEST_F(Predicting, BeginsWithWhatTheMapSays) {
  EXPECT_EQ(predicted(plain(1234, true)), 1234u);
  EXPECT_EQ(predicted(pointer(0x12340)), 0x12340u);
}

TEST_F(Predicting, RemembersWhatAWordTurnedInto) {
  for (int i = 0; i < 12; ++i) learn(plain(0xaa0003e0, false), 0xaa0003e5);
  EXPECT_EQ(predicted(plain(0xaa0003e0, false)), 0xaa0003e5u);
  EXPECT_EQ(predicted(plain(0xaa0003e1, false)), 0xaa0003e1u);
}

TEST_F(Predicting, RemembersWhereATargetWent) {
  for (int i = 0; i < 12; ++i) learn(pointer(0x12340), 0x15550);
  EXPECT_EQ(predicted(pointer(0x12340)), 0x15550u);
}

TEST_F(Predicting, MovesPointersNearAMovedTargetAlike) {
  for (std::uint64_t i = 0; i < 30; ++i) learn(pointer(0x12000 + i * 8), 0x13000 + i * 8);
  EXPECT_EQ(predicted(pointer(0x12000 + 30 * 8)), 0x13000u + 30 * 8);
}

TEST_F(Predicting, FollowsAColumnOfATableThatShifts) {
  // Structures of two words, of which the first moves by 0x40 and the second stays.
  for (std::uint32_t i = 0; i < 60; ++i) {
    learn(plain(0x1000'0000 + i * 0x10'0000, true), 0x1000'0040 + i * 0x10'0000);
    learn(plain(7, true), 7);
  }
  EXPECT_EQ(predicted(plain(0x9000'0000, true)), 0x9000'0040u);
}

TEST_F(Predicting, ForgetsAllWhenReset) {
  for (int i = 0; i < 12; ++i) learn(pointer(0x12340), 0x15550);
  predictor_.reset();
  EXPECT_EQ(predicted(pointer(0x12340)), 0x12340u);
}

TEST_F(Predicting, LeavesATokenWithoutAnAddressInTheResultWithoutItsField) {
  PlacedToken placed = pointer(0x12340, 0x20000);
  const Prediction prediction = predictor_.predict(placed, copy_, 0);
  EXPECT_FALSE(placed.token.is_reference());
  EXPECT_EQ(prediction.candidates[0].value, 0x12340u);
}

TEST_F(Predicting, HasNoMoreCandidatesThanThereIsRoomForAndNoUnknownSource) {
  std::mt19937 random(4);
  for (int i = 0; i < 50'000; ++i) {
    const bool reference = random() % 2 == 0;
    PlacedToken placed = reference ? pointer(0x10000 + random() % 0x10000, random() % 0x10000)
                                   : plain(random() % 4 << 13 | random() % 64, random() % 2 == 0);
    const Prediction prediction = predictor_.predict(placed, copy_, random() % 4);
    ASSERT_GE(prediction.count, 1u);
    ASSERT_LE(prediction.count, kMaxCandidates);
    for (std::uint32_t c = 0; c < prediction.count; ++c) {
      ASSERT_LT(prediction.candidates[c].source, 9);
      ASSERT_LE(prediction.candidates[c].confidence, 3);
    }
    predictor_.learn(placed, prediction, placed.token.old + random() % 3 * 0x40, 0);
  }
}

}  // namespace
}  // namespace skiff::testing
