#include "codec/stream_map.hpp"

#include <gtest/gtest.h>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/codec/random_maps.hpp"

namespace skiff::testing {
namespace {

using Streams = std::array<Bytes, kMapStreams>;

Streams written(const WindowMap& map) { return write_map(map, kWindow.result_offset); }

Result<WindowMap> read(const Streams& streams, std::uint64_t entries = kEntries) {
  std::array<ByteView, kMapStreams> views;
  std::copy(streams.begin(), streams.end(), views.begin());
  return read_map(views, {kWindow, kResultImage, entries});
}
std::string rule(const Streams& streams) {
  const auto map = read(streams);
  return map ? "" : map.error().rule;
}
std::string rule_of_typing(const Bytes& stream) { return rule({stream, {}, {}, {}}); }
std::string rule_of_space(const Space& space) { return rule(written({{}, {{space}, {}}})); }

TEST(StreamMap, GivesBackRandomMaps) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const WindowMap map = random_map(random);
    const auto back = read(written(map));
    ASSERT_TRUE(back) << back.error().text();
    expect_same(*back, map);
    expect_within_bounds(*back);
    EXPECT_EQ(written(*back), written(map));
  }
}

TEST(StreamMap, HasNoTypingStreamWhereNothingIsTyped) {
  EXPECT_TRUE(written({{{kWindow.result_offset, 0, 9, false}}, {}})[0].empty());
  EXPECT_EQ(rule_of_typing({}), "");
  EXPECT_EQ(rule_of_typing({0, 0}), "F19");
}

TEST(StreamMap, RefusesATypingThatEndsEarlyOrLate) {
  const Bytes typing = written({{}, {{{10, 50, 0, 0, {{10, 5, 7}}, {{10, 20, Kind::kX64, 0}}}}, {}}})[0];
  EXPECT_EQ(rule_of_typing(typing), "");
  EXPECT_EQ(rule_of_typing(typing + Bytes{0}), "F19");
  for (std::size_t length = 1; length < typing.size(); ++length)
    EXPECT_EQ(rule_of_typing(part(typing, 0, length)), "F2") << length;
}

TEST(StreamMap, RefusesMoreEntriesThanTheLimit) {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    const WindowMap map = random_map(random);
    const std::uint64_t entries = entries_of(map);
    EXPECT_TRUE(read(written(map), entries));
    for (std::uint64_t limit = 0; limit < entries; ++limit)
      ASSERT_EQ(read(written(map), limit).error().rule, "F20") << limit << " of " << entries;
  }
}

TEST(StreamMap, RefusesTypingThatMakesNoSense) {
  const std::vector<AddressRange> many(kMaxAddressRanges + 1, {0, 1, 0});
  EXPECT_EQ(rule_of_space({0, kBaseImage, 0, 0, {}, {}}), "");
  EXPECT_EQ(rule_of_space({0, kBaseImage + 1, 0, 0, {}, {}}), "F19");
  EXPECT_EQ(rule_of_space({kBaseImage + 1, kBaseImage + 1, 0, 0, {}, {}}), "F19");
  EXPECT_EQ(rule_of_space({0, 50, 0, 0, {{0, 51, 0}}, {}}), "F19");
  EXPECT_EQ(rule_of_space({0, 50, 0, 0, {}, {{0, 51, Kind::kA64, 0}}}), "F19");
  EXPECT_EQ(rule_of_space({0, 50, 0, 0, {}, {{0, 50, static_cast<Kind>(kKinds), 0}}}), "F19");
  EXPECT_EQ(rule_of_space({0, kBaseImage, 0, 0, many, {}}), "F19");
  EXPECT_EQ(rule(written({{}, {{}, {{0, kResultImage + 1, 0, 0, {}, {}}}}})), "F19");
}

TEST(StreamMap, ReadsBrokenMapsAsMapsWithinTheirBoundsOrNone) {
  std::mt19937 random(4);
  int whole = 0;
  for (int round = 0; round < 200; ++round) {
    Streams streams = written(random_map(random));
    for (Bytes& stream : streams) {
      if (stream.empty() || random() % 2 == 0) continue;
      stream[random() % stream.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    }
    const auto map = read(streams);
    if (!map) continue;
    ++whole;
    expect_within_bounds(*map);
  }
  EXPECT_GT(whole, 0);
}

}  // namespace
}  // namespace skiff::testing
