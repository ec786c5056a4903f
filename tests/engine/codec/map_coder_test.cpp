#include "codec/map_coder.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/codec/random_maps.hpp"

namespace skiff::testing {
namespace {

Result<Bytes> coded(WindowMap map, std::uint64_t entries = kEntries) {
  SlotTable slots(10);
  NumberCoder numbers(slots);
  RangeEncoder coder;
  SKIFF_TRY(MapCoder<RangeEncoder>(coder, numbers, slots, kWindow, kResultImage, entries).run(map));
  return coder.finish();
}

Result<WindowMap> decoded(ByteView wire, std::uint64_t entries = kEntries) {
  SlotTable slots(10);
  NumberCoder numbers(slots);
  RangeDecoder coder(wire);
  WindowMap map;
  SKIFF_TRY(MapCoder<RangeDecoder>(coder, numbers, slots, kWindow, kResultImage, entries).run(map));
  return map;
}

TEST(MapCoder, GivesBackRandomMaps) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const WindowMap map = random_map(random);
    const auto wire = coded(map);
    ASSERT_TRUE(wire) << wire.error().text();
    const auto back = decoded(*wire);
    ASSERT_TRUE(back) << back.error().text();
    expect_same(*back, map);
    expect_within_bounds(*back);
  }
}

TEST(MapCoder, RefusesMoreEntriesThanTheLimit) {
  std::mt19937 random(2);
  for (int round = 0; round < 4; ++round) {
    const WindowMap map = random_map(random);
    const Bytes wire = coded(map).value();
    const std::uint64_t entries = entries_of(map);
    EXPECT_TRUE(decoded(wire, entries));
    for (std::uint64_t limit = 0; limit < entries; ++limit)
      ASSERT_EQ(decoded(wire, limit).error().rule, "F20") << limit << " of " << entries;
  }
}

TEST(MapCoder, RefusesCopiesPastTheirWindowOrBase) {
  const std::uint64_t end = kWindow.result_offset + kWindow.result_length;
  const auto rule = [&](const Copy& copy) {
    const auto wire = coded({{copy}, {}});
    return wire ? "" : wire.error().rule;
  };
  EXPECT_EQ(rule({kWindow.result_offset, 0, kWindow.result_length, false}), "");
  EXPECT_EQ(rule({kWindow.result_offset, 0, kWindow.result_length + 1, false}), "F23");
  EXPECT_EQ(rule({end - 1, 0, 2, false}), "F23");
  EXPECT_EQ(rule({end, 0, 1, false}), "F23");
  EXPECT_EQ(rule({end - 10, kBaseImage - 10, 10, false}), "");
  EXPECT_EQ(rule({end - 10, kBaseImage - 9, 10, false}), "F22");
  EXPECT_EQ(rule({end - 10, kBaseImage + 1, 1, false}), "F22");
}

TEST(MapCoder, RefusesTypingThatMakesNoSense) {
  const auto rule = [&](const Space& space) {
    const auto wire = coded({{}, {{space}, {}}});
    return wire ? "" : wire.error().rule;
  };
  const AddressRange range{0, 1, 0};
  const std::vector<AddressRange> many(kMaxAddressRanges + 1, range);
  EXPECT_EQ(rule({0, kBaseImage, 0, 0, {}, {}}), "");
  EXPECT_EQ(rule({0, kBaseImage + 1, 0, 0, {}, {}}), "F19");
  EXPECT_EQ(rule({kBaseImage + 1, kBaseImage + 1, 0, 0, {}, {}}), "F19");
  EXPECT_EQ(rule({0, 50, 0, 0, {{0, 51, 0}}, {}}), "F19");
  EXPECT_EQ(rule({0, 50, 0, 0, {}, {{0, 51, Kind::kA64, 0}}}), "F19");
  EXPECT_EQ(rule({0, 50, 0, 0, {}, {{0, 50, static_cast<Kind>(kKinds), 0}}}), "F19");
  EXPECT_EQ(rule({0, kBaseImage, 0, 0, many, {}}), "F19");
}

TEST(MapCoder, ReadsAnyBytesAsAMapWithinItsBoundsOrNone) {
  std::mt19937 random(3);
  int whole = 0;
  for (int round = 0; round < 500; ++round) {
    const auto map = decoded(noise(random() % 60, random()));
    if (!map) {
      EXPECT_EQ(map.error().kind, ErrorKind::kFormat);
      continue;
    }
    ++whole;
    expect_within_bounds(*map);
  }
  EXPECT_GT(whole, 0);
}

TEST(MapCoder, ReadsBrokenMapsAsMapsWithinTheirBoundsOrNone) {
  std::mt19937 random(4);
  for (int round = 0; round < 20; ++round) {
    const Bytes wire = coded(random_map(random)).value();
    for (int flip = 0; flip < 15 && !wire.empty(); ++flip) {
      Bytes broken = wire;
      broken[random() % broken.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
      if (const auto map = decoded(broken)) expect_within_bounds(*map);
    }
  }
}

}  // namespace
}  // namespace skiff::testing
