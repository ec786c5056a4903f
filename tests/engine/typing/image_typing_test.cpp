#include "typing/image_typing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "predict/type_map.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/predict/programs.hpp"
#include "tests/engine/typing/elf_image.hpp"
#include "tests/engine/typing/ext4_image.hpp"
#include "tests/engine/typing/sound_typing.hpp"
#include "typing/ext4.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint16_t kX8664 = 62;
constexpr std::uint16_t kAArch64 = 183;

Bytes elf_file() {
  ElfPlan plan = example_program(true, 2, kX8664);
  plan.sections[0].content = noise(9000, 7);
  return elf_image(plan);
}

TEST(TypeImage, TakesAnElfFileWhole) {
  const Bytes image = elf_file();
  const ImageTyping typing = typing::type_image(ViewSource(image));
  ASSERT_EQ(typing.size(), 1u);
  EXPECT_EQ(typing[0].end, image.size());
}

TEST(TypeImage, FindsElfFilesThatLieInOnePiece) {
  const Bytes first = elf_file();
  const Bytes second = elf_image(example_program(false, 2, kAArch64));
  const Bytes gap(1000 - first.size() % 4, 'x');
  const Bytes image = prose(512, 1) + first + gap + second + noise(900, 2);
  const ImageTyping typing = typing::type_image(ViewSource(image));
  expect_sound(typing, image.size());
  ASSERT_EQ(typing.size(), 2u);
  EXPECT_EQ(typing[0].begin, 512u);
  EXPECT_EQ(typing[0].end, 512 + first.size());
  EXPECT_EQ(typing[1].begin, 512 + first.size() + gap.size());
  EXPECT_EQ(typing[1].end, typing[1].begin + second.size());
  const std::uint64_t code = typing[0].begin + elf_section_offset(example_program(true, 2, kX8664), 0);
  EXPECT_EQ(TypeMap(typing).at(code + 10).range.kind, Kind::kX64);
}

TEST(TypeImage, FallsBackToFlatCode) {
  const Bytes image = program({.kind = Kind::kA64, .length = 64 * 1024, .seed = 1});
  const ImageTyping typing = typing::type_image(ViewSource(image));
  ASSERT_EQ(typing.size(), 1u);
  EXPECT_EQ(TypeMap(typing).at(5000).range.kind, Kind::kA64);
}

TEST(TypeImage, SaysNothingOfPlainBytes) {
  EXPECT_TRUE(typing::type_image(ViewSource({})).empty());
  EXPECT_TRUE(typing::type_image(ViewSource(noise(50'000, 1))).empty());
  EXPECT_TRUE(typing::type_image(ViewSource(prose(50'000, 1))).empty());
}

TEST(TypeImage, TakesAnImageThatCannotBeReadForPlainBytes) {
  const Bytes image = elf_file();
  const ViewSource source(image);
  for (std::uint64_t n = 0; n < 3; ++n) {
    Countdown countdown(n);
    expect_sound(typing::type_image(FailingSource(source, countdown)), image.size());
  }
}

void expect_inside(const typing::FileExtents& file, std::uint64_t image_length) {
  for (const typing::Extent& extent : file.extents) {
    EXPECT_LE(extent.image_offset, image_length);
    EXPECT_LE(extent.length, image_length - extent.image_offset);
    EXPECT_LE(extent.file_offset + extent.length, file.size);
  }
}

/// A file system of three files, one of them an ELF file.
class Ext4 : public ::testing::Test {
 protected:
  void SetUp() override {
    auto image = ext4_image({{"bin/program", elf_}, {"text", text_}, {"short", prose(100, 1)}});
    if (!image) GTEST_SKIP() << "no e2fsprogs here";
    image_ = std::move(*image);
  }

  const Bytes elf_ = elf_file();
  const Bytes text_ = prose(50'000, 3);
  Bytes image_;
};

TEST_F(Ext4, ListsItsFilesOfABlockAndMore) {
  const ViewSource source(image_);
  std::vector<Bytes> contents;
  for (const typing::FileExtents& file : typing::ext4_files(source)) {
    Bytes content(file.size);
    ASSERT_TRUE(typing::ExtentSource(source, file).read_at(0, content));
    contents.push_back(std::move(content));
  }
  EXPECT_NE(std::find(contents.begin(), contents.end(), elf_), contents.end());
  EXPECT_NE(std::find(contents.begin(), contents.end(), text_), contents.end());
  for (const Bytes& content : contents) EXPECT_GE(content.size(), 4096u);
}

TEST_F(Ext4, NamesItsFilesByTheirPaths) {
  const ViewSource source(image_);
  std::map<std::string, Bytes> contents;
  for (const typing::NamedFile& named : typing::ext4_named_files(source)) {
    Bytes& content = contents[named.name];
    content.resize(named.file.size);
    ASSERT_TRUE(typing::ExtentSource(source, named.file).read_at(0, content));
  }
  EXPECT_EQ(contents["/bin/program"], elf_);
  EXPECT_EQ(contents["/text"], text_);
  EXPECT_EQ(contents["/short"], prose(100, 1));
}

TEST_F(Ext4, HasItsProgramsTyped) {
  const ImageTyping typing = typing::type_image(ViewSource(image_));
  expect_sound(typing, image_.size());
  ASSERT_EQ(typing.size(), 1u);
  const std::uint64_t code = typing[0].begin + elf_section_offset(example_program(true, 2, kX8664), 0);
  EXPECT_EQ(TypeMap(typing).at(code + 10).range.kind, Kind::kX64);
  EXPECT_EQ(image_[static_cast<std::size_t>(code)], noise(9000, 7)[0]);
}

TEST_F(Ext4, BrokenAnywhereGivesASoundTypingOrNone) {
  std::vector<std::size_t> written;
  for (std::size_t at = 0; at < image_.size(); ++at)
    if (image_[at] != 0) written.push_back(at);
  std::mt19937 random(1);
  for (int round = 0; round < 120; ++round) {
    Bytes broken = image_;
    for (int flip = 0; flip < 40; ++flip) {
      const std::size_t superblock = 1024 + random() % 256;
      const std::size_t at = flip == 0 && round % 2 == 0 ? superblock : written[random() % written.size()];
      broken[at] = random() % 2 == 0 ? 0xff : static_cast<std::uint8_t>(random());
    }
    const ViewSource source(broken);
    for (const typing::FileExtents& file : typing::ext4_files(source)) expect_inside(file, broken.size());
    for (const typing::NamedFile& named : typing::ext4_named_files(source))
      expect_inside(named.file, broken.size());
  }
}

}  // namespace
}  // namespace skiff::testing
