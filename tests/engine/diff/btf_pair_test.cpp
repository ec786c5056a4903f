#include "diff/btf_pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "predict/address_map.hpp"
#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/typing/btf_builder.hpp"
#include "tests/engine/typing/elf_image.hpp"

namespace skiff::testing {
namespace {

/// Shows what it is given.
class PlainRewriter final : public match::Rewriter {
 public:
  Result<void> rewrite_base(match::Range /*range*/, MutableBytes /*bytes*/) const override { return {}; }
  Result<void> rewrite_result(match::Range /*range*/, MutableBytes /*bytes*/) const override { return {}; }
};

/// Many structs, each of which points to another, in an order that the seed gives in groups.
Bytes structs(std::uint32_t seed) {
  constexpr std::uint32_t kCount = 1200;
  constexpr std::uint32_t kGroup = 6;
  std::vector<std::uint32_t> groups(kCount / kGroup);
  std::iota(groups.begin(), groups.end(), 0u);
  std::mt19937 random(seed);
  std::shuffle(groups.begin(), groups.end(), random);
  std::vector<std::uint32_t> ids(kCount);
  std::uint32_t id = 0;
  for (const std::uint32_t group : groups) {
    for (std::uint32_t i = 0; i < kGroup; ++i) ids[group * kGroup + i] = 2 * ++id;
  }
  BtfBuilder btf;
  for (const std::uint32_t group : groups) {
    for (std::uint32_t i = group * kGroup; i < (group + 1) * kGroup; ++i) {
      btf.pointer(ids[i * 2654435761u % kCount]);
      const std::string text = "struct_" + to_hex(noise(6, i));
      btf.structure(text,
                    {{text + "_next", ids[i] - 1}, {text + "_last", ids[i * 2246822519u % kCount] - 1}});
    }
  }
  return btf.section();
}

/// A program with such a section.
Bytes elf_with(const Bytes& btf) {
  ElfPlan plan = example_program(true, 2, 183);
  plan.sections.push_back({".BTF", 1, kElfAllocated, 0x60'0000, btf});
  return elf_image(plan);
}

BtfPair sections_of(const Bytes& base, const Bytes& result) {
  return {typing::find_btf(ViewSource(base)), typing::find_btf(ViewSource(result))};
}

TEST(MeaningRewriter, ShowsMeaningsHoweverTheStretchesAreCut) {
  const Bytes image = prose(999 * 4, 1) + structs(1) + prose(5000, 2);
  const BtfPair sections = sections_of(image, image);
  ASSERT_EQ(sections.base.size(), 1u);
  const typing::BtfSection& section = sections.base[0];
  const PlainRewriter plain;
  const MeaningRewriter rewriter(plain, sections);
  Bytes whole = image;
  ASSERT_TRUE(rewriter.rewrite_base({0, image.size()}, whole));
  EXPECT_EQ(part(whole, 0, section.types), part(image, 0, section.types));
  EXPECT_EQ(part(whole, section.types, section.meaning.size()), section.meaning);
  EXPECT_EQ(part(whole, section.end(), 5000), part(image, section.end(), 5000));
  for (const std::uint64_t step : {1000, 4001, 60'000}) {
    Bytes pieces = image;
    for (std::uint64_t at = 0; at < pieces.size(); at += step) {
      const match::Range range{at, std::min<std::uint64_t>(at + step, pieces.size())};
      ASSERT_TRUE(rewriter.rewrite_result(range, MutableBytes(pieces).subspan(at, range.length())));
    }
    EXPECT_EQ(pieces, whole) << step;
  }
}

/// An image as one space that runs at `address`.
ImageTyping typed(const Bytes& image, const std::vector<typing::BtfSection>& sections,
                  std::uint64_t address) {
  Space space;
  space.end = image.size();
  space.low = address;
  space.high = address + image.size();
  space.addresses.push_back({0, image.size(), address});
  ImageTyping spaces{space};
  typing::type_btf(sections, spaces);
  return spaces;
}

TEST(PlaceStrings, LetsNameOffsetsTranslateToWhereTheStringsWent) {
  const Bytes base = prose(4000, 1) + structs(1);
  const Bytes result = prose(4000, 1) + prose(400, 3) + structs(2) + prose(300, 4);
  const BtfPair sections = sections_of(base, result);
  ASSERT_EQ(sections.result.size(), 1u);
  Typing typing{typed(base, sections.base, 0x10000), typed(result, sections.result, 0x20000)};
  const std::uint64_t origin = 0x10000 + sections.base[0].strings;
  const std::uint64_t strings = sections.result[0].strings;
  place_strings(sections, {{0, 0, 4000, true}, {strings + 50, sections.base[0].strings + 900, 300, true}},
                typing);
  const AddressMap addresses(typing.result);
  EXPECT_EQ(addresses.address_of(strings), origin);
  EXPECT_EQ(addresses.address_of(strings + 1234), origin + 1234);
  EXPECT_EQ(addresses.address_of(strings - 1), 0x20000 + strings - 1) << "what is before stays";
  EXPECT_EQ(addresses.address_of(sections.result[0].end()), 0x20000 + sections.result[0].end());
}

TEST(PlaceStrings, LeavesStringsFromElsewhereWhereTheyAre) {
  const Bytes base = prose(4000, 1) + structs(1);
  const BtfPair sections = sections_of(base, base);
  Typing typing{typed(base, sections.base, 0x10000), typed(base, sections.result, 0x20000)};
  place_strings(sections, {{sections.result[0].strings, 0, 500, true}}, typing);
  EXPECT_EQ(typing.result[0].addresses.size(), 1u);
}

TEST(BtfDelta, OfShuffledTypesIsShort) {
  const Bytes base = elf_with(structs(1));
  const Bytes result = elf_with(structs(2));
  BytesSink delta;
  DiffOptions options;
  options.codec = Codec::kContextMixing;
  ASSERT_TRUE(build_delta(ViewSource(base), ViewSource(result), delta, options, make_sha256));
  BytesSink made;
  ASSERT_TRUE(apply_delta(ViewSource(base), ViewSource(delta.bytes()), made, {}, make_sha256));
  EXPECT_EQ(made.bytes(), result);
  EXPECT_LT(delta.bytes().size(), 5000u) << "8439 if neither meanings nor the addresses of strings are known";
}

}  // namespace
}  // namespace skiff::testing
