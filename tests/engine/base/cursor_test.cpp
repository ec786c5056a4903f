#include "base/cursor.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/varint.hpp"

namespace skiff {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::string rule_of(ByteView bytes) {
  Cursor cursor(bytes);
  const auto value = cursor.varint();
  return value ? "" : value.error().rule;
}

TEST(Varint, IsReadAsItWasWritten) {
  for (int bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value :
         {(std::uint64_t{1} << bits) - 1, std::uint64_t{1} << bits, kMax >> bits}) {
      Bytes bytes;
      put_varint(bytes, value);
      EXPECT_EQ(bytes.size(), varint_length(value));
      Cursor cursor(bytes);
      EXPECT_EQ(cursor.varint().value(), value);
      EXPECT_TRUE(cursor.at_end());
    }
  }
}

TEST(Zigzag, PutsSmallMagnitudesFirst) {
  constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(zigzag(0), 0u);
  EXPECT_EQ(zigzag(-1), 1u);
  EXPECT_EQ(zigzag(1), 2u);
  EXPECT_EQ(zigzag(-2), 3u);
  EXPECT_EQ(zigzag(kMin64), kMax);
  for (const std::int64_t value : {kMin64, kMin64 + 1, std::int64_t{-77}, std::int64_t{300}, kMax64}) {
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
}

TEST(Cursor, VarintRejectsALongerForm) {
  EXPECT_EQ(rule_of(Bytes{0x80, 0x00}), "F1");
  EXPECT_EQ(rule_of(Bytes{0xff, 0x80, 0x00}), "F1");
  EXPECT_EQ(rule_of(Bytes{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), "F1");
  EXPECT_EQ(rule_of(Bytes{0x00}), "");
}

TEST(Cursor, VarintRejectsMoreThan64Bits) {
  Bytes bytes(9, 0xff);
  bytes.push_back(0x01);
  EXPECT_EQ(rule_of(bytes), "");
  bytes.back() = 0x02;
  EXPECT_EQ(rule_of(bytes), "F1");
  bytes.back() = 0x81;
  EXPECT_EQ(rule_of(bytes), "F1");
  EXPECT_EQ(rule_of(Bytes(11, 0xff)), "F1");
}

TEST(Cursor, VarintRejectsAMissingByte) {
  EXPECT_EQ(rule_of({}), "F2");
  EXPECT_EQ(rule_of(Bytes{0x80}), "F2");
  EXPECT_EQ(rule_of(Bytes(9, 0xff)), "F2");
}

TEST(Cursor, ReadsNumbersLeastSignificantByteFirst) {
  Bytes bytes;
  put_u64le(bytes, 0x0102030405060708);
  EXPECT_EQ(bytes, (Bytes{8, 7, 6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(Cursor(bytes).u64le().value(), 0x0102030405060708u);
}

TEST(Cursor, StaysWhereItWasWhenAReadFails) {
  const Bytes bytes(7, 0x80);
  Cursor cursor(bytes, 100);
  EXPECT_EQ(cursor.u64le().error().rule, "F2");
  EXPECT_EQ(cursor.varint().error().rule, "F2");
  EXPECT_EQ(cursor.sha256().error().rule, "F2");
  EXPECT_EQ(cursor.bytes(8).error().rule, "F2");
  EXPECT_EQ(cursor.bytes(kMax).error().rule, "F2");
  EXPECT_EQ(cursor.position(), 100u);
  EXPECT_EQ(cursor.remaining(), 7u);
}

TEST(Cursor, NamesTheByteOfTheFile) {
  const Bytes bytes = {1, 2, 3};
  Cursor cursor(bytes, 4096);
  ASSERT_TRUE(cursor.bytes(3));
  const auto error = cursor.u8().error();
  EXPECT_NE(error.message.find("byte 4099"), std::string::npos) << error.message;
}

TEST(Cursor, GivesViewsIntoItsBytes) {
  const Bytes bytes = {1, 2, 3, 4};
  Cursor cursor(bytes);
  EXPECT_EQ(cursor.u8().value(), 1);
  const ByteView view = cursor.bytes(2).value();
  EXPECT_EQ(view.data(), bytes.data() + 1);
  EXPECT_EQ(cursor.remaining(), 1u);
}

}  // namespace
}  // namespace skiff
