#include "typing/flat.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/predict/programs.hpp"
#include "tests/engine/typing/sound_typing.hpp"
#include "typing/load_address.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint64_t kAddress = 0x4008'0000;
constexpr std::uint64_t kPage = 4096;

std::vector<std::uint64_t> random_functions(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint64_t> functions(count);
  for (std::uint64_t& function : functions) function = random() % 100'000 * 4;
  return functions;
}

TEST(LoadAddress, IsWhereThePointersMeetTheFunctions) {
  const auto functions = random_functions(400, 1);
  std::vector<std::uint64_t> pointers = random_functions(600, 2);  // most of what looks like one is none
  for (std::size_t i = 0; i < 100; ++i) pointers.push_back(kAddress + functions[i]);
  EXPECT_EQ(typing::load_address(pointers, functions, kPage), kAddress);
  EXPECT_EQ(typing::load_address(pointers, functions, 256), kAddress);
}

TEST(LoadAddress, IsNotGuessedFromTooLittle) {
  const auto functions = random_functions(400, 1);
  std::vector<std::uint64_t> pointers;
  EXPECT_FALSE(typing::load_address({}, {}, kPage));
  EXPECT_FALSE(typing::load_address(pointers, functions, kPage));
  for (std::size_t i = 0; i < 11; ++i) pointers.push_back(kAddress + functions[i]);
  EXPECT_FALSE(typing::load_address(pointers, functions, kPage));
  EXPECT_FALSE(typing::load_address(random_functions(600, 2), functions, kPage));
}

TEST(LoadAddress, IsFoundAmongMorePairsThanAreTried) {
  const auto functions = random_functions(40'000, 3);
  std::vector<std::uint64_t> pointers = random_functions(20'000, 4);
  for (std::size_t i = 0; i < 20'000; ++i) pointers.push_back(kAddress + functions[i]);
  EXPECT_EQ(typing::load_address(pointers, functions, 256), kAddress);
}

/// Code in which functions begin, and behind it a table of pointers to them.
Bytes firmware(Kind kind, const Bytes& prologue, unsigned pointer_size) {
  Bytes image = program({.kind = kind, .length = 128 * 1024, .seed = 1, .address = kAddress});
  std::mt19937 random(5);
  std::vector<std::uint64_t> functions;
  for (int i = 0; i < 300; ++i) {
    const std::size_t at = random() % (image.size() / 4) * 4;
    std::copy(prologue.begin(), prologue.end(), image.begin() + static_cast<std::ptrdiff_t>(at));
    functions.push_back(at);
  }
  for (int i = 0; i < 2048; ++i) {
    const std::uint64_t pointer = kAddress + functions[random() % functions.size()];
    for (unsigned k = 0; k < pointer_size; ++k)
      image.push_back(static_cast<std::uint8_t>(pointer >> (8 * k)));
  }
  return image;
}

Bytes a64_firmware() {
  return firmware(Kind::kA64, {0xfd, 0x7b, 0xbf, 0xa9}, 8);
}  // stp x29, x30, [sp, #-16]!

TEST(Flat, FindsA64CodeItsPointersAndWhereItRuns) {
  const Bytes image = a64_firmware();
  const auto space = typing::flat_space(ViewSource(image));
  ASSERT_TRUE(space);
  expect_sound({*space}, image.size());
  EXPECT_EQ(space->low, kAddress);
  ASSERT_EQ(space->addresses.size(), 1u);
  EXPECT_EQ(space->addresses[0].address, kAddress);
  ASSERT_EQ(space->types.size(), 2u);
  EXPECT_EQ(space->types[0].kind, Kind::kA64);
  EXPECT_EQ(space->types[0].length, 128u * 1024);
  EXPECT_EQ(space->types[1].kind, Kind::kPointer64);
}

TEST(Flat, FindsA32CodeItsPointersAndWhereItRuns) {
  const Bytes image = firmware(Kind::kA32, {0xf0, 0x40, 0x2d, 0xe9}, 4);  // push {r4-r7, lr}
  const auto space = typing::flat_space(ViewSource(image));
  ASSERT_TRUE(space);
  expect_sound({*space}, image.size());
  EXPECT_EQ(space->low, kAddress);
  ASSERT_EQ(space->addresses.size(), 1u);
  EXPECT_EQ(space->addresses[0].address, kAddress);
  ASSERT_EQ(space->types.size(), 2u);
  EXPECT_EQ(space->types[0].kind, Kind::kA32);
  EXPECT_EQ(space->types[0].length, 128u * 1024);
  EXPECT_EQ(space->types[1].kind, Kind::kPointer32);
}

TEST(Flat, FindsThumbCode) {
  const Bytes image = program({.kind = Kind::kThumb, .length = 64 * 1024, .seed = 1, .address = 0x0800'0000});
  const auto space = typing::flat_space(ViewSource(image));
  ASSERT_TRUE(space);
  expect_sound({*space}, image.size());
  ASSERT_EQ(space->types.size(), 1u);
  EXPECT_EQ(space->types[0].kind, Kind::kThumb);
}

TEST(Flat, FindsNothingInWhatIsNoCode) {
  EXPECT_FALSE(typing::flat_space(ViewSource({})));
  EXPECT_FALSE(typing::flat_space(ViewSource(noise(100'000, 1))));
  EXPECT_FALSE(typing::flat_space(ViewSource(prose(100'000, 1))));
  EXPECT_FALSE(typing::flat_space(ViewSource(Bytes(100'000))));
}

TEST(Flat, OfAnyLengthIsSound) {
  const Bytes image = a64_firmware();
  for (std::size_t length = 0; length < 6000; length += 41) {
    const auto space = typing::flat_space(ViewSource(ByteView(image).first(length)));
    if (space) {
      expect_sound({*space}, length);
    }
  }
}

}  // namespace
}  // namespace skiff::testing
