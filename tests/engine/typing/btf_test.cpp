#include "typing/btf.hpp"

#include <gtest/gtest.h>

#include "predict/type_map.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/typing/btf_builder.hpp"
#include "tests/engine/typing/sound_typing.hpp"

namespace skiff::testing {
namespace {

using typing::BtfSection;
using typing::find_btf;

/// A list of nodes, a function that takes one, and what they are made of.
struct Example {
  BtfBuilder btf;
  std::uint32_t integer = 0;
  std::uint32_t pointer = 0;
  std::uint32_t node = 0;
  std::uint32_t prototype = 0;
  std::uint32_t function = 0;
};

Example example() {
  Example e;
  e.integer = e.btf.integer("int");
  e.pointer = e.btf.pointer(3);
  e.node = e.btf.structure("node", {{"next", e.pointer}, {"value", e.integer}});
  e.prototype = e.btf.record(0, kBtfPrototype, 1, {e.integer, e.btf.name("head"), e.pointer});
  e.function = e.btf.record(e.btf.name("count_nodes"), kBtfFunction, 0, {e.prototype});
  return e;
}

/// The same types in another order, behind new ones.
Example reordered() {
  Example e;
  e.btf.structure("added", {{"first", 1}, {"second", 1}});
  e.function = e.btf.record(e.btf.name("count_nodes"), kBtfFunction, 0, {3});
  e.prototype = e.btf.record(0, kBtfPrototype, 1, {6, e.btf.name("head"), 5});
  e.node = e.btf.structure("node", {{"next", 5}, {"value", 6}});
  e.pointer = e.btf.pointer(4);
  e.integer = e.btf.integer("int");
  return e;
}

/// What the record of a type is shown as.
Bytes meaning_of(const BtfBuilder& btf, const BtfSection& section, std::uint32_t id) {
  return part(section.meaning, btf.offset_of(id), btf.length_of(id));
}

BtfSection only_section(const Bytes& image) {
  const auto sections = find_btf(ViewSource(image));
  EXPECT_EQ(sections.size(), 1u);
  return sections.empty() ? BtfSection{} : sections[0];
}

std::uint32_t first_word(const Bytes& bytes) {
  return std::uint32_t{bytes[3]} << 24 | bytes[2] << 16 | bytes[1] << 8 | bytes[0];
}

TEST(FindBtf, FindsSectionsAnywhereInAnImage) {
  const Bytes section = example().btf.section();
  const Bytes padding((4 - section.size() % 4) % 4, 0);
  const Bytes image = prose(70'000, 1) + section + padding + noise(65'536, 2) + section + prose(9, 3);
  const auto sections = find_btf(ViewSource(image));
  ASSERT_EQ(sections.size(), 2u);
  const BtfBuilder btf = example().btf;
  EXPECT_EQ(sections[0].types, 70'000 + kBtfHeader);
  EXPECT_EQ(sections[0].end(), 70'000 + section.size());
  EXPECT_EQ(sections[0].end() - sections[0].strings, btf.strings());
  EXPECT_FALSE(sections[0].split);
  EXPECT_EQ(sections[1].end(), image.size() - 9);
  EXPECT_EQ(sections[0].meaning, sections[1].meaning);
}

TEST(FindBtf, ShowsWhatMeansTheSameAlike) {
  const Example old = example();
  const Example moved = reordered();
  const BtfSection before = only_section(old.btf.section());
  const BtfSection after = only_section(moved.btf.section());
  const auto pairs = {std::pair{old.integer, moved.integer},
                      {old.pointer, moved.pointer},
                      {old.node, moved.node},
                      {old.prototype, moved.prototype},
                      {old.function, moved.function}};
  for (const auto& [id, moved_id] : pairs) {
    EXPECT_EQ(meaning_of(old.btf, before, id), meaning_of(moved.btf, after, moved_id)) << id;
  }
}

TEST(FindBtf, ShowsWhatMeansSomethingElseOtherwise) {
  BtfBuilder btf;
  const std::uint32_t number = btf.integer("int");
  const std::uint32_t letter = btf.integer("char");
  const std::uint32_t constant = btf.record(0, kBtfConst, 0, {letter});
  const std::vector<std::uint32_t> ids{number,
                                       letter,
                                       constant,
                                       btf.pointer(number),
                                       btf.pointer(letter),
                                       btf.pointer(constant),
                                       btf.record(0, kBtfPrototype, 0, {0}),
                                       btf.record(0, kBtfPrototype, 0, {number}),
                                       btf.record(btf.name("char"), kBtfFunction, 0, {7})};
  const BtfSection section = only_section(btf.section());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      EXPECT_NE(first_word(meaning_of(btf, section, ids[i])), first_word(meaning_of(btf, section, ids[k])))
          << i << " and " << k;
    }
  }
}

TEST(FindBtf, FollowsTypesMadeOfThemselves) {
  BtfBuilder btf;
  btf.pointer(2);
  btf.pointer(1);
  btf.pointer(3);
  const BtfSection section = only_section(btf.section());
  EXPECT_EQ(meaning_of(btf, section, 1), meaning_of(btf, section, 2));
}

TEST(FindBtf, ShowsEqualStringsAlikeAndNoOthers) {
  BtfBuilder btf;
  const std::uint32_t list_head = btf.name("list_head");
  btf.record(btf.name("list_heap"), kBtfInt, 0, {4, 32});
  btf.record(btf.name("list_head"), kBtfInt, 0, {4, 32});
  const BtfSection section = only_section(btf.section());
  const std::uint64_t strings = section.strings - section.types;
  const Bytes first = part(section.meaning, strings + list_head, 10);
  const Bytes other = part(section.meaning, strings + list_head + 10, 10);
  EXPECT_EQ(part(section.meaning, strings + list_head + 20, 10), first);
  std::size_t equal = 0;
  for (std::size_t i = 0; i < first.size(); ++i) equal += first[i] == other[i] ? 1 : 0;
  EXPECT_LE(equal, 2u);
}

/// A module's section, whose types continue a kernel's.
BtfBuilder module_of(const Example& kernel) {
  BtfBuilder btf(kernel.btf.types(), kernel.btf.strings());
  btf.structure("driver", {{"nodes", kernel.pointer}, {"state", kernel.integer}});
  btf.pointer(kernel.btf.types() + 1);
  return btf;
}

TEST(FindBtf, FindsSplitSectionsBesideWhatTheyContinue) {
  const auto image = [&](const Example& kernel) {
    Bytes module = module_of(kernel).section();
    module.resize((module.size() + 3) / 4 * 4);
    return module + kernel.btf.section();
  };
  const auto before = find_btf(ViewSource(image(example())));
  const auto after = find_btf(ViewSource(image(reordered())));
  ASSERT_EQ(before.size(), 2u);
  ASSERT_EQ(after.size(), 2u);
  EXPECT_TRUE(before[0].split);
  EXPECT_EQ(before[0].meaning, after[0].meaning);
  EXPECT_FALSE(before[1].split);
}

TEST(FindBtf, LeavesOutSplitSectionsOfAnotherKernel) {
  EXPECT_TRUE(find_btf(ViewSource(module_of(example()).section())).empty());
  BtfBuilder other;
  other.integer("int");
  Bytes kernel = other.section();
  kernel.resize((kernel.size() + 3) / 4 * 4);
  const Bytes image = kernel + module_of(example()).section();
  EXPECT_EQ(find_btf(ViewSource(image)).size(), 1u);
}

TEST(FindBtf, LeavesOutWhatBreaksARule) {
  const auto with = [](std::size_t at, std::uint8_t value) {
    Bytes section = example().btf.section();
    section[at] = value;
    return section;
  };
  const BtfBuilder btf = example().btf;
  const std::size_t pointer = kBtfHeader + btf.offset_of(2);
  ASSERT_EQ(find_btf(ViewSource(with(0, 0x9f))).size(), 1u) << "unchanged";
  EXPECT_TRUE(find_btf(ViewSource(with(2, 2))).empty()) << "version";
  EXPECT_TRUE(find_btf(ViewSource(with(4, 32))).empty()) << "length of the header";
  EXPECT_TRUE(find_btf(ViewSource(with(8, 4))).empty()) << "where types begin";
  EXPECT_TRUE(find_btf(ViewSource(with(12, 2))).empty()) << "length of the types";
  EXPECT_TRUE(find_btf(ViewSource(with(15, 0xff))).empty()) << "types past the end";
  EXPECT_TRUE(find_btf(ViewSource(with(22, 1))).empty()) << "strings past the end";
  EXPECT_TRUE(find_btf(ViewSource(with(pointer + 7, 0))).empty()) << "no kind";
  EXPECT_TRUE(find_btf(ViewSource(with(pointer + 7, 20))).empty()) << "unknown kind";
  EXPECT_TRUE(find_btf(ViewSource(with(pointer + 7, 1))).empty()) << "record of another length";
  EXPECT_TRUE(find_btf(ViewSource(with(pointer + 8, 6))).empty()) << "type past the last";
  EXPECT_TRUE(find_btf(ViewSource(with(kBtfHeader, 2))).empty()) << "name within a string";
  EXPECT_TRUE(find_btf(ViewSource(with(kBtfHeader + 1, 2))).empty()) << "name past the strings";
  EXPECT_TRUE(find_btf(ViewSource(with(btf.section().size() - 1, 'x'))).empty()) << "string without an end";
}

TEST(FindBtf, TakesWhatIsCutOffForPlainBytes) {
  const Bytes section = example().btf.section();
  for (std::size_t length = 0; length < section.size(); ++length) {
    EXPECT_TRUE(find_btf(ViewSource(part(section, 0, length))).empty()) << length;
  }
  const ViewSource source(section);
  for (std::uint64_t n = 0; n < 3; ++n) {
    Countdown countdown(n);
    EXPECT_TRUE(find_btf(FailingSource(source, countdown)).empty()) << n;
  }
}

/// A space of an image of `size` bytes, half code, half pointers.
Space space_of(std::uint64_t size) {
  Space space;
  space.end = size;
  space.low = 0x10000;
  space.high = space.low + size;
  space.addresses.push_back({0, size, space.low});
  space.types = {{0, size / 2, Kind::kA64, 0}, {size / 2, size - size / 2, Kind::kPointer64, 0}};
  return space;
}

TEST(TypeBtf, TakesRecordsForDistancesFromTheStrings) {
  const Bytes image = prose(1000, 1) + example().btf.section() + prose(300, 2);
  const auto sections = find_btf(ViewSource(image));
  ASSERT_EQ(sections.size(), 1u);
  ImageTyping typing{space_of(image.size())};
  typing::type_btf(sections, typing);
  expect_sound(typing, image.size());
  const TypeMap types(typing);
  EXPECT_EQ(types.at(sections[0].types - 1).range.kind, Kind::kPointer64);
  EXPECT_EQ(types.at(sections[0].types).range.kind, Kind::kOffset32);
  EXPECT_EQ(types.at(sections[0].types).range.origin, 0x10000 + sections[0].strings);
  EXPECT_EQ(types.at(sections[0].strings).range.kind, Kind::kRaw);
  EXPECT_EQ(types.at(sections[0].end()).range.kind, Kind::kPointer64);
  EXPECT_EQ(types.at(0).range.kind, Kind::kA64);
}

TEST(TypeBtf, LeavesNoGapBehindTheRangesOfASpace) {
  const Bytes image = prose(1000, 1) + example().btf.section();
  Space space = space_of(image.size());
  space.types = {{0, 100, Kind::kA64, 0}};
  ImageTyping typing{space};
  typing::type_btf(find_btf(ViewSource(image)), typing);
  std::uint64_t at = 0;
  for (const TypedRange& range : typing[0].types) {
    EXPECT_EQ(range.offset, at);
    at += range.length;
  }
  EXPECT_EQ(at, image.size());
}

TEST(TypeBtf, LeavesSpacesWithoutTheSectionsAddressesAlone) {
  const Bytes image = prose(1000, 1) + example().btf.section();
  Space space = space_of(image.size());
  space.addresses[0].length = 1030;
  ImageTyping typing{space};
  typing::type_btf(find_btf(ViewSource(image)), typing);
  EXPECT_EQ(typing[0].types.size(), 2u);
}

TEST(TypeBtf, LeavesSplitSectionsAlone) {
  Bytes kernel = example().btf.section();
  kernel.resize((kernel.size() + 3) / 4 * 4);
  const Bytes image = prose(1000, 1) + kernel + module_of(example()).section();
  const auto sections = find_btf(ViewSource(image));
  ASSERT_EQ(sections.size(), 2u);
  ImageTyping typing{space_of(image.size())};
  typing::type_btf(sections, typing);
  EXPECT_EQ(TypeMap(typing).at(sections[0].types).range.kind, Kind::kOffset32);
  EXPECT_NE(TypeMap(typing).at(sections[1].types).range.kind, Kind::kOffset32);
}

}  // namespace
}  // namespace skiff::testing
