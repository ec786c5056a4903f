#include "typing/elf.hpp"

#include <gtest/gtest.h>

#include <random>

#include "predict/address_map.hpp"
#include "predict/type_map.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/typing/elf_image.hpp"
#include "tests/engine/typing/sound_typing.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint16_t kExecutableFile = 2;
constexpr std::uint16_t kSharedFile = 3;
constexpr std::uint16_t kI386 = 3;
constexpr std::uint16_t kArm = 40;
constexpr std::uint16_t kX8664 = 62;
constexpr std::uint16_t kAArch64 = 183;

/// The kind that the middle of each section has.
std::vector<Kind> kinds_of(const ElfPlan& plan) {
  const Bytes image = elf_image(plan);
  const auto space = typing::elf_space(ViewSource(image));
  if (!space) return {};
  const ImageTyping spaces{*space};
  const TypeMap types(spaces);
  std::vector<Kind> kinds;
  for (std::size_t i = 0; i < plan.sections.size(); ++i) {
    const std::uint64_t middle = elf_section_offset(plan, i) + plan.sections[i].content.size() / 2;
    kinds.push_back(types.at(middle).range.kind);
  }
  return kinds;
}

TEST(Elf, TypesTheSectionsOfAProgram) {
  for (const auto& [machine, code] :
       {std::pair{kAArch64, Kind::kA64}, std::pair{kX8664, Kind::kX64}, std::pair{kArm, Kind::kThumb},
        std::pair{kI386, Kind::kX86}, std::pair{std::uint16_t{8}, Kind::kRaw}}) {
    EXPECT_EQ(kinds_of(example_program(true, kExecutableFile, machine)),
              (std::vector{code, Kind::kPointer64, Kind::kOffset32, Kind::kRelative32, Kind::kPointer64,
                           Kind::kRaw}));
    EXPECT_EQ(kinds_of(example_program(false, kExecutableFile, machine)),
              (std::vector{code, Kind::kPointer32, Kind::kOffset32, Kind::kRelative32, Kind::kPointer32,
                           Kind::kRaw}));
  }
}

TEST(Elf, SeesNoPointersInWhatTheLoaderOfASharedFileCannotWrite) {
  const auto kinds = kinds_of(example_program(true, kSharedFile, kX8664));
  ASSERT_EQ(kinds.size(), 6u);
  EXPECT_NE(kinds[1], Kind::kPointer64);
  EXPECT_EQ(kinds[4], Kind::kPointer64);
}

/// Words that are all A32 instructions, or Thumb ones.
Bytes arm_words(std::size_t length, bool a32) {
  Bytes code;
  std::mt19937 random(3);
  while (code.size() < length) {
    const std::uint32_t word = a32 ? 0xe1a00000u | random() % 0x1000 : 0x46004800u | random() % 64;
    for (unsigned i = 0; i < 4; ++i) code.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
  }
  return code;
}

TEST(Elf, TellsTheInstructionSetsOfArmCodeApart) {
  for (const auto& [type, a32, thumb] : {std::tuple{kExecutableFile, Kind::kA32, Kind::kThumb},
                                         std::tuple{kSharedFile, Kind::kA32Relative, Kind::kThumbRelative}}) {
    ElfPlan plan = example_program(false, type, kArm);
    plan.sections[0].content = arm_words(2048, true) + arm_words(4096, false);
    const Bytes image = elf_image(plan);
    const auto space = typing::elf_space(ViewSource(image));
    ASSERT_TRUE(space);
    expect_sound({*space}, image.size());
    const ImageTyping spaces{*space};
    const TypeMap types(spaces);
    const std::uint64_t code = elf_section_offset(plan, 0);
    EXPECT_EQ(types.at(code + 100).range.kind, a32);
    EXPECT_EQ(types.at(code + 2048 + 600).range.kind, thumb);
  }
}

TEST(Elf, FindsDistancesInTheReadOnlyDataOfSharedX64Files) {
  EXPECT_EQ(kinds_of(example_program(true, kSharedFile, kX8664))[1], Kind::kRelative32);
  EXPECT_EQ(kinds_of(example_program(true, kSharedFile, kAArch64))[1], Kind::kRaw);
}

TEST(Elf, KnowsTheDistanceTablesOfAKernel) {
  for (const char* name : {"__ex_table", "__ksymtab", ".orc_unwind_ip", ".altinstructions"}) {
    ElfPlan plan = example_program(true, kExecutableFile, kX8664);
    plan.sections[1].name = name;
    EXPECT_EQ(kinds_of(plan)[1], Kind::kRelative32) << name;
  }
}

TEST(Elf, LeavesOutOfReachWhatLiesFarFromTheRest) {
  constexpr std::uint64_t kKernel = 0xffff'ffff'8100'0000;
  ElfPlan plan = example_program(true, kExecutableFile, kX8664);
  for (ElfSection& section : plan.sections) {
    if (section.address != 0) section.address += kKernel;
  }
  plan.sections.push_back({".data..percpu", 1, kElfAllocated | kElfWritable, 0, noise(96, 7)});
  const Bytes image = elf_image(plan);
  const auto space = typing::elf_space(ViewSource(image));
  ASSERT_TRUE(space);
  EXPECT_EQ(space->low, kKernel + 0x10000);
  EXPECT_EQ(space->high, kKernel + 0x30000 + 128);
  EXPECT_EQ(space->addresses.size(), 6u);
}

TEST(Elf, CountsX86OperandsFromTheGlobalOffsetTable) {
  ElfPlan plan = example_program(false, kSharedFile, kI386);
  plan.sections[4].name = ".got.plt";
  const Bytes image = elf_image(plan);
  const auto space = typing::elf_space(ViewSource(image));
  ASSERT_TRUE(space);
  const ImageTyping spaces{*space};
  const TypedRange code = TypeMap(spaces).at(elf_section_offset(plan, 0)).range;
  EXPECT_EQ(code.kind, Kind::kX86);
  EXPECT_EQ(code.origin, plan.sections[4].address);
}

TEST(Elf, KnowsWhereSectionsRun) {
  for (const bool wide : {true, false}) {
    const ElfPlan plan = example_program(wide, kExecutableFile, kAArch64);
    const Bytes image = elf_image(plan);
    const auto space = typing::elf_space(ViewSource(image));
    ASSERT_TRUE(space);
    expect_sound({*space}, image.size());
    const ImageTyping spaces{*space};
    const AddressMap addresses(spaces);
    for (std::size_t i = 0; i < plan.sections.size(); ++i) {
      const auto address = addresses.address_of(elf_section_offset(plan, i) + 8);
      if ((plan.sections[i].flags & kElfAllocated) != 0) {
        EXPECT_EQ(address, plan.sections[i].address + 8);
      } else {
        EXPECT_FALSE(address);
      }
    }
    EXPECT_EQ(space->low, 0x10000u);
    EXPECT_EQ(space->high, 0x30000u + 128);
  }
}

TEST(Elf, PutsTheOriginOfAnOffsetTableAtItsBegin) {
  const ElfPlan plan = example_program(true, kExecutableFile, kAArch64);
  const Bytes image = elf_image(plan);
  const ImageTyping spaces{typing::elf_space(ViewSource(image)).value()};
  EXPECT_EQ(TypeMap(spaces).at(elf_section_offset(plan, 2)).range.origin, plan.sections[2].address);
}

TEST(Elf, TakesRelocatableFilesAsIfTheyRanWhereTheyLie) {
  const ElfPlan plan = example_program(true, 1, kAArch64);
  const Bytes image = elf_image(plan);
  const auto space = typing::elf_space(ViewSource(image));
  ASSERT_TRUE(space);
  ASSERT_EQ(space->addresses.size(), 1u);
  EXPECT_EQ(space->addresses[0].length, image.size());
  EXPECT_EQ(kinds_of(plan)[0], Kind::kA64);
  EXPECT_EQ(kinds_of(plan)[4], Kind::kRaw);
}

TEST(Elf, EndsWithTheLastThingItsHeadersName) {
  for (const bool wide : {true, false}) {
    const Bytes image = elf_image(example_program(wide, kExecutableFile, kX8664));
    EXPECT_EQ(typing::elf_length(ViewSource(image)), image.size());
    EXPECT_EQ(typing::elf_length(ViewSource(image + noise(500, 1))), image.size());
    EXPECT_EQ(typing::elf_length(ViewSource(ByteView(image).first(image.size() - 1))), 0u);
  }
}

TEST(Elf, IsNotWhatOnlyBeginsLikeOne) {
  const Bytes image = elf_image(example_program(true, kExecutableFile, kX8664));
  EXPECT_FALSE(typing::elf_space(ViewSource({})));
  EXPECT_FALSE(typing::elf_space(ViewSource(ByteView(image).first(63))));
  EXPECT_FALSE(typing::elf_space(ViewSource(noise(1000, 1))));
  for (const std::size_t at : {0u, 3u, 4u, 5u}) {
    Bytes other = image;
    other[at] = 9;
    EXPECT_FALSE(typing::elf_space(ViewSource(other))) << at;
    EXPECT_EQ(typing::elf_length(ViewSource(other)), 0u) << at;
  }
}

TEST(Elf, NamesItsSectionsInTheOrderOfTheFile) {
  const ElfPlan plan = example_program(true, kSharedFile, kX8664);
  const Bytes image = elf_image(plan);
  const std::vector<typing::ElfSection> sections = typing::elf_sections(ViewSource(image));
  ASSERT_EQ(sections.size(), plan.sections.size() + 1);  // the names have a section of their own
  for (std::size_t i = 0; i < plan.sections.size(); ++i) {
    EXPECT_EQ(sections[i].name, plan.sections[i].name);
    EXPECT_EQ(sections[i].offset, elf_section_offset(plan, i));
    EXPECT_EQ(sections[i].length, plan.sections[i].content.size());
  }
  const Bytes plain = noise(1000, 1);
  EXPECT_TRUE(typing::elf_sections(ViewSource(plain)).empty());
}

TEST(Elf, BrokenAnywhereGivesASoundTypingOrNone) {
  std::mt19937 random(1);
  for (const bool wide : {true, false}) {
    const Bytes image = elf_image(example_program(wide, kExecutableFile, kAArch64));
    for (int round = 0; round < 1500; ++round) {
      Bytes broken = image;
      for (std::uint32_t flips = 1 + random() % 4; flips-- > 0;) {
        // Headers are at either end; 0x00, 0x7f, 0x80 and 0xff make lengths that wrap.
        const std::size_t at = random() % 2 == 0 ? random() % 400 : broken.size() - 1 - random() % 500;
        const std::uint8_t edges[] = {0x00, 0x7f, 0x80, 0xff, static_cast<std::uint8_t>(random())};
        broken[at % broken.size()] = edges[random() % 5];
      }
      if (const auto space = typing::elf_space(ViewSource(broken))) expect_sound({*space}, broken.size());
      EXPECT_LE(typing::elf_length(ViewSource(broken)), broken.size());
    }
  }
}

TEST(Elf, CutOffAnywhereGivesASoundTypingOrNone) {
  const Bytes image = elf_image(example_program(true, kExecutableFile, kAArch64));
  for (std::size_t length = 0; length < image.size(); ++length) {
    const ViewSource cut(ByteView(image).first(length));
    if (const auto space = typing::elf_space(cut)) expect_sound({*space}, length);
    EXPECT_EQ(typing::elf_length(cut), 0u);
  }
}

}  // namespace
}  // namespace skiff::testing
