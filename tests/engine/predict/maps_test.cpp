#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "predict/address_map.hpp"
#include "predict/inverse_map.hpp"
#include "predict/translator.hpp"
#include "predict/type_map.hpp"

namespace skiff {
namespace {

/// A few spaces with ranges between which there are holes; some are empty.
ImageTyping random_typing(std::mt19937& random) {
  ImageTyping typing;
  std::uint64_t at = 0;
  const auto step = [&](std::uint32_t most) { return random() % 3 == 0 ? 0 : random() % most; };
  for (std::uint32_t s = 0; s < random() % 5; ++s) {
    Space space;
    space.begin = at + step(50);
    at = space.begin;
    for (std::uint32_t r = 0; r < random() % 6; ++r) {
      const std::uint64_t offset = at + step(20);
      const std::uint64_t length = step(40);
      space.addresses.push_back({offset, length, 0x1000 * (random() % 64)});
      space.types.push_back({offset, length, static_cast<Kind>(1 + random() % (kKinds - 1)), r});
      at = offset + length;
    }
    space.end = at + step(20);
    at = space.end;
    space.low = 0x1000;
    space.high = 0x50000;
    typing.push_back(std::move(space));
  }
  return typing;
}

bool holds(std::uint64_t begin, std::uint64_t length, std::uint64_t offset) {
  return offset >= begin && offset - begin < length;
}

const Space* naive_space(const ImageTyping& typing, std::uint64_t offset) {
  for (const Space& space : typing)
    if (holds(space.begin, space.end - space.begin, offset)) return &space;
  return nullptr;
}

std::optional<std::uint64_t> naive_address(const ImageTyping& typing, std::uint64_t offset) {
  const Space* space = naive_space(typing, offset);
  if (!space) return std::nullopt;
  for (const AddressRange& range : space->addresses)
    if (holds(range.offset, range.length, offset)) return range.address + (offset - range.offset);
  return std::nullopt;
}

TEST(AddressMap, AgreesWithASearchThroughAllRanges) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const ImageTyping typing = random_typing(random);
    const AddressMap map(typing);
    for (int i = 0; i < 300; ++i) {
      // Both one after another and anywhere: the map remembers where it was.
      const std::uint64_t offset = i < 150 ? static_cast<std::uint64_t>(i) * 3 : random() % 700;
      ASSERT_EQ(map.address_of(offset), naive_address(typing, offset)) << offset;
    }
    EXPECT_EQ(map.address_of(~std::uint64_t{0}), std::nullopt);
  }
}

TEST(TypeMap, AgreesWithASearchThroughAllRanges) {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    const ImageTyping typing = random_typing(random);
    const TypeMap map(typing);
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t offset = i < 150 ? static_cast<std::uint64_t>(i) * 3 : random() % 700;
      const Space* space = naive_space(typing, offset);
      TypedRange expected{0, 0, Kind::kRaw, 0};
      for (const TypedRange& range : space ? space->types : std::vector<TypedRange>{})
        if (holds(range.offset, range.length, offset)) expected = range;
      const TypedPlace found = map.at(offset);
      ASSERT_EQ(found.space, space) << offset;
      ASSERT_EQ(found.range.kind, expected.kind) << offset;
      ASSERT_EQ(found.range.origin, expected.origin) << offset;
      ASSERT_TRUE(holds(found.range.offset, found.range.length, offset)) << offset;
    }
  }
}

TEST(TypeMap, GivesTheSameForEveryByteOfARange) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    const ImageTyping typing = random_typing(random);
    for (std::uint64_t offset = 0; offset < 600;) {
      const TypedPlace here = TypeMap(typing).at(offset);
      const std::uint64_t end = std::min<std::uint64_t>(600, here.range.offset + here.range.length);
      ASSERT_LE(here.range.offset, offset);
      for (std::uint64_t at = here.range.offset; at < end; ++at) {
        const TypedPlace there = TypeMap(typing).at(at);
        ASSERT_EQ(there.range.offset, here.range.offset);
        ASSERT_EQ(there.range.length, here.range.length);
      }
      offset = end;
    }
  }
}

TEST(PlaceOf, FindsTheOffsetOfAnAddress) {
  const Space space{0, 100, 0, 0, {{10, 20, 0x1000}, {50, 10, 0x5000}}, {}};
  EXPECT_EQ(place_of(space, 0x1000)->offset, 10u);
  EXPECT_EQ(place_of(space, 0x1013)->offset, 29u);
  EXPECT_EQ(place_of(space, 0x5009)->offset, 59u);
  EXPECT_EQ(place_of(space, 0x5009)->beyond, 0);
}

TEST(PlaceOf, SaysHowFarBeyondTheNearestRangeAnAddressIs) {
  const Space space{0, 100, 0, 0, {{10, 20, 0x1000}, {50, 10, 0x5000}}, {}};
  const auto after = place_of(space, 0x1020);
  EXPECT_EQ(after->offset, 29u);
  EXPECT_EQ(after->beyond, 0x1020 - 0x1013);
  const auto before = place_of(space, 0x4ff0);
  EXPECT_EQ(before->offset, 50u);
  EXPECT_EQ(before->beyond, -0x10);
  EXPECT_FALSE(place_of({}, 0x1000));
}

TEST(PlaceOf, TakesAddressesHalfTheAddressSpaceAway) {
  const std::uint64_t half = std::uint64_t{1} << 63;
  const Space space{0, 100, 0, 0, {{0, 100, half + 50}}, {}};
  EXPECT_EQ(static_cast<std::uint64_t>(place_of(space, 50)->beyond), half);
}

class InverseMapOracle {
 public:
  explicit InverseMapOracle(std::vector<Moved> copies) : copies_(std::move(copies)) {}

  /// The longest copy over a base offset, the first of those that are as long.
  [[nodiscard]] const Moved* over(std::uint64_t offset) const {
    const Moved* best = nullptr;
    for (const Moved& copy : copies_) {
      if (holds(copy.base_offset, copy.length, offset) && (!best || copy.length > best->length)) best = &copy;
    }
    return best;
  }

 private:
  std::vector<Moved> copies_;
};

std::vector<Moved> random_copies(std::mt19937& random) {
  std::vector<Moved> copies(random() % 12);
  std::uint64_t at = 0;
  for (Moved& copy : copies) {
    copy = {random() % 400, at, 1 + random() % 60};
    at += copy.length + random() % 10;
  }
  return copies;
}

TEST(InverseMap, GivesEveryCopiedByteToTheLongestCopyOverIt) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    const std::vector<Moved> copies = random_copies(random);
    const InverseMapOracle oracle(copies);
    InverseMap map;
    map.build(static_cast<std::uint32_t>(copies.size()), [&](std::uint32_t i) { return copies[i]; });
    for (int i = 0; i < 400; ++i) {
      const std::uint64_t offset = i < 200 ? static_cast<std::uint64_t>(i) * 2 : random() % 500;
      const InverseMap::Where found = map.find(offset);
      const Moved* copy = oracle.over(offset);
      ASSERT_EQ(found.certainty == Certainty::kCopied, copy != nullptr) << offset;
      if (copy) {
        ASSERT_EQ(found.result_offset, offset + (copy->result_offset - copy->base_offset)) << offset;
      }
    }
  }
}

TEST(InverseMap, GoesOnAsTheNearestCopyWhereNothingWasCopied) {
  const std::vector<Moved> copies = {{100, 1000, 50}, {300, 5000, 50}};
  InverseMap map;
  map.build(2, [&](std::uint32_t i) { return copies[i]; });
  const auto expect = [&](std::uint64_t offset, std::uint64_t result, Certainty certainty) {
    EXPECT_EQ(map.find(offset).result_offset, result) << offset;
    EXPECT_EQ(map.find(offset).certainty, certainty) << offset;
  };
  expect(99, 999, Certainty::kNear);
  expect(37, 937, Certainty::kNear);
  expect(36, 936, Certainty::kFar);
  expect(150, 1050, Certainty::kNear);
  expect(213, 1113, Certainty::kNear);
  expect(214, 1114, Certainty::kFar);
  expect(225, 1125, Certainty::kFar);  // 75 from either: the left one
  expect(226, 4926, Certainty::kFar);
  expect(300, 5000, Certainty::kCopied);
  expect(100'000, 104'700, Certainty::kFar);
}

TEST(InverseMap, OfNothingLeavesOffsetsAsTheyAre) {
  InverseMap map;
  map.build(0, [](std::uint32_t) { return Moved{}; });
  EXPECT_EQ(map.find(7).result_offset, 7u);
  EXPECT_EQ(map.find(7).certainty, Certainty::kFar);
}

/// A base at 0x1000 of which [0, 100) moved to 0 and [100, 200) to 500, in a result at 0x8000.
class Translation : public ::testing::Test {
 protected:
  Translation() {
    moved_.build(2, [this](std::uint32_t i) { return copies_[i]; });
  }
  Translator::Translation of(std::uint64_t target, const Moved& copy) {
    return Translator(result_map_, moved_).translate(target, base_.front(), copy);
  }

  const Moved copies_[2] = {{0, 0, 100}, {100, 500, 100}};
  const ImageTyping base_ = {{0, 300, 0x1000, 0x2000, {{0, 300, 0x1000}}, {}}};
  const ImageTyping result_ = {{0, 800, 0, 0, {{0, 800, 0x8000}}, {}}};
  const AddressMap result_map_{result_};
  InverseMap moved_;
};

TEST_F(Translation, FollowsTheCopyOverTheTarget) {
  EXPECT_EQ(of(0x1000 + 150, copies_[0]).target, 0x8000u + 550);
  EXPECT_EQ(of(0x1000 + 150, copies_[0]).certainty, Certainty::kCopied);
  EXPECT_EQ(of(0x1000 + 50, copies_[0]).target, 0x8000u + 50);
  EXPECT_EQ(of(0x1000 + 50, copies_[0]).certainty, Certainty::kSameCopy);
}

TEST_F(Translation, PrefersTheCopyThatRefers) {
  const Moved again{90, 700, 30};
  EXPECT_EQ(of(0x1000 + 110, again).target, 0x8000u + 720);
  EXPECT_EQ(of(0x1000 + 110, again).certainty, Certainty::kSameCopy);
}

TEST_F(Translation, OfMemoryBeyondTheImageKeepsTheDistance) {
  const auto beyond = of(0x1000 + 300 + 0x40, copies_[0]);
  EXPECT_EQ(beyond.target, 0x8000u + 299 + 400 + 0x41);
  EXPECT_EQ(beyond.certainty, Certainty::kFar);
}

TEST_F(Translation, WithoutAnAddressInTheResultMovesAsTheBytesDid) {
  const ImageTyping nowhere;
  const AddressMap none(nowhere);
  const auto found = Translator(none, moved_).translate(0x1000 + 150, base_.front(), copies_[0]);
  EXPECT_EQ(found.target, 0x1000u + 150 + 400);
  EXPECT_EQ(found.certainty, Certainty::kFar);
}

}  // namespace
}  // namespace skiff
