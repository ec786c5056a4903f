#include "skiff/bytes.hpp"

#include <gtest/gtest.h>

#include "base/heap_array.hpp"
#include "base/xxh.hpp"
#include "skiff/digest.hpp"

namespace skiff {
namespace {

TEST(Hex, IsReadAsItWasWritten) {
  Bytes bytes;
  for (int value = 0; value < 256; ++value) bytes.push_back(static_cast<std::uint8_t>(value));
  EXPECT_EQ(from_hex(to_hex(bytes)).value(), bytes);
  EXPECT_EQ(to_hex(Bytes{0x0a, 0xf0}), "0af0");
}

TEST(Hex, RefusesAnythingButLowerCasePairs) {
  for (const std::string_view text : {"0", "abc", "AB", "0g", " 0", "0x", "é"}) {
    EXPECT_EQ(from_hex(text).error().kind, ErrorKind::kFormat) << text;
  }
  EXPECT_TRUE(from_hex("").value().empty());
}

TEST(Sha256, HasSixtyFourDigits) {
  const std::string digits(64, 'a');
  EXPECT_EQ(Sha256::from_hex(digits).value().hex(), digits);
  EXPECT_FALSE(Sha256::from_hex(digits.substr(2)));
  EXPECT_FALSE(Sha256::from_hex(digits + "aa"));
}

TEST(Xxh3, AgreesWithItsSpecification) {
  EXPECT_EQ(xxh3({}), 0x2d06800538d394c2u);  // XXH3-64 of nothing, seed 0
}

TEST(Xxh3, IsTheSameInPieces) {
  Bytes bytes(5000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i);
  Xxh3 running;
  for (std::size_t step = 1; step < 600; step += 37) {
    running.reset();
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      running.update(ByteView(bytes).subspan(at, std::min(step, bytes.size() - at)));
    }
    EXPECT_EQ(running.digest(), xxh3(bytes)) << step;
  }
}

TEST(HeapArray, RefusesASizeThatCannotBe) {
  const auto array = HeapArray<std::uint64_t>::make(std::uint64_t{1} << 62);
  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().kind, ErrorKind::kLimit);
}

TEST(HeapArray, MayBeEmpty) {
  EXPECT_TRUE(HeapArray<std::uint64_t>::make(0).value().span().empty());
  EXPECT_EQ(HeapArray<std::uint64_t>::make(3).value().span().size(), 3u);
}

}  // namespace
}  // namespace skiff
