#include "codec/map_coder.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint64_t kBaseImage = 100'000;
constexpr std::uint64_t kResultImage = 120'000;
constexpr WindowBounds kWindow{20'000, 50'000, kBaseImage};
constexpr std::uint64_t kEntries = 2000;

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

ImageTyping random_typing(std::mt19937& random, std::uint64_t length, bool typed) {
  ImageTyping typing;
  const auto step = [&](std::uint64_t left) { return random() % (left / 4 + 1); };
  std::uint64_t at = 0;
  for (std::uint32_t s = random() % 6; s-- > 0;) {
    Space space;
    space.begin = at + step(length - at);
    space.end = space.begin + step(length - space.begin);
    at = space.begin;
    for (std::uint32_t r = random() % 6; r-- > 0;) {
      const std::uint64_t offset = at + step(space.end - at);
      const std::uint64_t extent = step(space.end - offset);
      space.addresses.push_back({offset, extent, random() | std::uint64_t{random()} << 31});
      at = offset + extent;
    }
    at = space.begin;
    if (typed) {
      space.low = random();
      space.high = space.low + random();
      for (std::uint32_t r = random() % 6; r-- > 0;) {
        const auto kind = static_cast<Kind>(random() % kKinds);
        const std::uint64_t extent = step(space.end - at);
        space.types.push_back({at, extent, kind, has_origin(kind) ? space.low + random() : 0});
        at += extent;
      }
    }
    at = space.end;
    typing.push_back(std::move(space));
  }
  return typing;
}

WindowMap random_map(std::mt19937& random) {
  WindowMap map;
  map.typing = {random_typing(random, kBaseImage, true), random_typing(random, kResultImage, false)};
  std::uint64_t at = kWindow.result_offset;
  for (std::uint32_t i = random() % 60; i-- > 0;) {
    const std::uint64_t offset = at + (random() % 2 == 0 ? 0 : random() % 100);
    const std::uint64_t length = 1 + random() % 600;
    map.copies.push_back({offset, random() % (kBaseImage - length + 1), length, random() % 2 == 0});
    at = offset + length;
  }
  return map;
}

void expect_same(const ImageTyping& a, const ImageTyping& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t s = 0; s < a.size(); ++s) {
    EXPECT_EQ(a[s].begin, b[s].begin);
    EXPECT_EQ(a[s].end, b[s].end);
    EXPECT_EQ(a[s].low, b[s].low);
    EXPECT_EQ(a[s].high, b[s].high);
    ASSERT_EQ(a[s].addresses.size(), b[s].addresses.size());
    for (std::size_t i = 0; i < a[s].addresses.size(); ++i) {
      EXPECT_EQ(a[s].addresses[i].offset, b[s].addresses[i].offset);
      EXPECT_EQ(a[s].addresses[i].length, b[s].addresses[i].length);
      EXPECT_EQ(a[s].addresses[i].address, b[s].addresses[i].address);
    }
    ASSERT_EQ(a[s].types.size(), b[s].types.size());
    for (std::size_t i = 0; i < a[s].types.size(); ++i) {
      EXPECT_EQ(a[s].types[i].offset, b[s].types[i].offset);
      EXPECT_EQ(a[s].types[i].length, b[s].types[i].length);
      EXPECT_EQ(a[s].types[i].kind, b[s].types[i].kind);
      EXPECT_EQ(a[s].types[i].origin, b[s].types[i].origin);
    }
  }
}

std::uint64_t entries_of(const WindowMap& map) {
  std::uint64_t entries = map.copies.size();
  for (const ImageTyping* typing : {&map.typing.base, &map.typing.result}) {
    entries += typing->size();
    for (const Space& space : *typing) entries += space.addresses.size() + space.types.size();
  }
  return entries;
}

/// What FORMAT.md says of every map that is not refused.
void expect_within_bounds(const WindowMap& map) {
  EXPECT_LE(entries_of(map), kEntries);
  std::uint64_t at = kWindow.result_offset;
  for (const Copy& copy : map.copies) {
    ASSERT_GE(copy.result_offset, at);
    ASSERT_GE(copy.length, 1u);
    at = copy.result_end();
    ASSERT_LE(at, kWindow.result_offset + kWindow.result_length);
    ASSERT_LE(copy.base_offset, kBaseImage);
    ASSERT_LE(copy.length, kBaseImage - copy.base_offset);
  }
  for (const auto& [typing, length] :
       {std::pair{&map.typing.base, kBaseImage}, std::pair{&map.typing.result, kResultImage}}) {
    std::uint64_t reached = 0;
    for (const Space& space : *typing) {
      ASSERT_GE(space.begin, reached);
      ASSERT_GE(space.end, space.begin);
      reached = space.end;
      ASSERT_LE(space.addresses.size(), kMaxAddressRanges);
      std::uint64_t in_space = space.begin;
      for (const AddressRange& range : space.addresses) {
        ASSERT_GE(range.offset, in_space);
        in_space = range.offset + range.length;
        ASSERT_LE(in_space, space.end);
      }
      in_space = space.begin;
      for (const TypedRange& range : space.types) {
        ASSERT_EQ(range.offset, in_space);
        in_space += range.length;
        ASSERT_LE(in_space, space.end);
        ASSERT_LT(static_cast<int>(range.kind), kKinds);
      }
    }
    ASSERT_LE(reached, length);
  }
}

TEST(MapCoder, GivesBackRandomMaps) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const WindowMap map = random_map(random);
    const auto wire = coded(map);
    ASSERT_TRUE(wire) << wire.error().text();
    const auto back = decoded(*wire);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(back->copies, map.copies);
    expect_same(back->typing.base, map.typing.base);
    expect_same(back->typing.result, map.typing.result);
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
