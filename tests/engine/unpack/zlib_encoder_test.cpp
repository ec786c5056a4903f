// The encoder that makes what zlib makes: against zlib, bit by bit, at every level.
#include "unpack/prediction/zlib_encoder.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/unpack/by_zlib.hpp"

namespace skiff::unpack {
namespace {

using testing::noise;
using testing::operator+;
using testing::part;
using testing::part_of_this_program;
using testing::prose;

Bytes zlib_by(const Method& method, const Bytes& content) {
  return by_zlib(content, {.level = static_cast<int>(method.parameters[0]),
                           .memory = static_cast<int>(method.parameters[1]),
                           .window = method.codec == StreamCodec::kZlib ? MAX_WBITS : -MAX_WBITS});
}

Bytes by_us(const Method& method, const Bytes& content) {
  BytesSink sink;
  EXPECT_TRUE(prediction::encode_as_zlib(method, content, sink));
  return sink.take();
}

/// One method of each level and memory level; zlib's frame at every other.
std::vector<Method> methods() {
  std::vector<Method> all;
  for (std::uint64_t level = 1; level <= 9; ++level) {
    for (std::uint64_t memory = 8; memory <= 9; ++memory) {
      const bool framed = (level + memory) % 2 == 0;
      all.push_back({framed ? StreamCodec::kZlib : StreamCodec::kDeflate, {level, memory, 0, 15, 0}});
    }
  }
  return all;
}

void expect_same(const Bytes& content, const std::string& what) {
  for (const Method& method : methods()) {
    const Bytes real = zlib_by(method, content);
    const Bytes own = by_us(method, content);
    EXPECT_EQ(own == real, true) << what << ": level " << method.parameters[0] << ", memory "
                                 << method.parameters[1] << ", other at byte "
                                 << std::ranges::mismatch(own, real).in1 - own.begin() << " of "
                                 << real.size();
  }
}

Bytes periodic(std::size_t length, std::size_t period, std::uint32_t seed) {
  Bytes content = noise(std::min(period, length), seed);
  while (content.size() < length) content.push_back(content[content.size() - period]);
  return content;
}

/// Rows of a picture as a PNG has them: a filter's byte, then differences that are small.
Bytes picture(std::size_t rows) {
  std::mt19937 random(5);
  Bytes content;
  for (std::size_t row = 0; row < rows; ++row) {
    content.push_back(static_cast<std::uint8_t>(row % 5));
    for (int byte = 0; byte < 600; ++byte) {
      const bool flat = (row / 16 + static_cast<std::size_t>(byte) / 90) % 3 != 0;
      content.push_back(static_cast<std::uint8_t>(flat ? 0 : random() % 5 - 2));
    }
  }
  return content;
}

TEST(ZlibEncoder, MakesWhatZlibMakesOfAnyLength) {
  const Bytes text = prose(5'000, 3);
  for (std::size_t length = 0; length < 40; ++length) expect_same(part(text, 0, length), "text");
  for (const std::size_t length : {257u, 258u, 259u, 300u, 1'000u, 4'999u}) {
    expect_same(part(text, 0, length), "text of " + std::to_string(length));
    expect_same(Bytes(length, 0), "zeros of " + std::to_string(length));
  }
}

TEST(ZlibEncoder, MakesWhatZlibMakesOfPrograms) {
  const Bytes program = part_of_this_program(0, 3'000'000);
  expect_same(program, "all of it");
  for (const std::size_t length : {8'192u, 131'072u, 300'000u})
    expect_same(part(program, 100'003, length), "a block of " + std::to_string(length));
}

TEST(ZlibEncoder, MakesWhatZlibMakesOfTextPicturesZerosAndNoise) {
  expect_same(prose(1'000'000, 1), "text");
  expect_same(picture(900), "a picture");
  expect_same(Bytes(400'000, 0), "zeros");
  expect_same(noise(200'000, 2), "noise");
  Bytes few = noise(200'000, 4);
  for (std::uint8_t& byte : few) byte %= 3;
  expect_same(few, "three letters");
}

TEST(ZlibEncoder, MakesWhatZlibMakesOfRepeatedStrings) {
  for (const std::size_t period : {1u, 2u, 3u, 5u, 7u, 8u, 9u, 31u, 255u, 258u, 259u, 4'095u, 4'097u, 32'504u,
                                   32'505u, 32'506u, 32'507u, 32'768u, 40'000u})
    expect_same(periodic(120'000, period, 7), "a period of " + std::to_string(period));
}

/// Where zlib moves its window, and forgets a string, depends on how much is left: by a byte.
TEST(ZlibEncoder, MakesWhatZlibMakesAtTheEndOfAWindow) {
  const Bytes content = periodic(66'000, 32'506, 9);
  for (std::size_t length = 65'268; length < 65'545; length += 3) {
    const Bytes head = part(content, 0, length);
    for (const std::uint64_t level : {1u, 4u, 9u}) {
      const Method method{StreamCodec::kDeflate, {level, 8, 0, 15, 0}};
      EXPECT_EQ(by_us(method, head) == zlib_by(method, head), true) << length << ", level " << level;
    }
  }
}

/// Chance decides what follows what, in pieces of all sizes: noise among what repeats fills blocks that are
/// stored.
TEST(ZlibEncoder, MakesWhatZlibMakesOfMixtures) {
  const Bytes program = part_of_this_program(0, 3'000'000);
  std::mt19937 random(11);
  for (int round = 0; round < 12; ++round) {
    Bytes content;
    while (content.size() < 150'000) {
      const std::size_t length = random() % (random() % 3 == 0 ? 60'000 : 700);
      switch (random() % 4) {
        case 0:
          content = std::move(content) + noise(length, random());
          break;
        case 1:
          content = std::move(content) + periodic(length, 1 + random() % 60, random());
          break;
        case 2:
          content = std::move(content) + Bytes(length, static_cast<std::uint8_t>(random()));
          break;
        default:
          content = std::move(content) + part(program, random() % (program.size() - length), length);
      }
    }
    expect_same(content, "mixture " + std::to_string(round));
  }
}

TEST(ZlibEncoder, EndsWithTheSinksError) {
  struct FullSink final : Sink {
    Result<void> write(ByteView) override { return fail(ErrorKind::kIo, "full"); }
  };
  FullSink sink;
  const auto done =
      prediction::encode_as_zlib({StreamCodec::kDeflate, {6, 8, 0, 15, 0}}, noise(100'000, 1), sink);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace skiff::unpack
