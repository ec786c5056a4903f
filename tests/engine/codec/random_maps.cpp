#include "tests/engine/codec/random_maps.hpp"

#include <gtest/gtest.h>

namespace skiff::testing {
namespace {

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

}  // namespace

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

void expect_same(const WindowMap& a, const WindowMap& b) {
  EXPECT_EQ(a.copies, b.copies);
  expect_same(a.typing.base, b.typing.base);
  expect_same(a.typing.result, b.typing.result);
}

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

}  // namespace skiff::testing
