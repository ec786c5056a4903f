#include "entropy/slot_table.hpp"

#include <gtest/gtest.h>

#include <set>

namespace skiff {
namespace {

constexpr unsigned kLineBits = 8;
constexpr unsigned kCheckShift = 24;

/// A key of line or group 0 with this check.
constexpr SlotKey key_with(std::uint8_t check) { return SlotKey{check} << kCheckShift; }

BitHistory after_ones(int count) {
  BitHistory history = 0;
  for (int i = 0; i < count; ++i) history = bit_histories().next[1][history];
  return history;
}

TEST(SlotTable, FindsABucketAgain) {
  SlotTable slots(kLineBits);
  const SlotKey key = slot_key(1234);
  for (std::uint32_t node = 1; node < 16; ++node) slots.bucket(key)[node] = static_cast<BitHistory>(node);
  for (std::uint32_t node = 1; node < 16; ++node) EXPECT_EQ(slots.bucket(key)[node], node);
}

TEST(SlotTable, KeepsEachBucketOnOneCacheLine) {
  SlotTable slots(kLineBits);
  std::set<std::uintptr_t> lines;
  for (std::uint32_t hash = 0; hash < 20'000; ++hash) {
    const auto first = reinterpret_cast<std::uintptr_t>(slots.bucket(slot_key(hash)) + 1);
    EXPECT_EQ(first / 64, (first + 14) / 64);
    lines.insert(first / 64);
  }
  EXPECT_EQ(lines.size(), 1u << kLineBits);
}

TEST(SlotTable, GivesEmptyHistoriesToWhatItHasNotSeen) {
  SlotTable slots(kLineBits);
  const BitHistory* bucket = slots.bucket(slot_key(77));
  for (std::uint32_t node = 1; node < 16; ++node) EXPECT_EQ(bucket[node], 0) << node;
  EXPECT_EQ(*slots.cell(slot_key(77)), 0);
}

TEST(SlotTable, ReplacesTheBucketThatSawLeast) {
  SlotTable slots(kLineBits);
  for (std::uint8_t check = 1; check <= 4; ++check)
    slots.bucket(key_with(check))[1] = after_ones(check == 3 ? 1 : 2);
  BitHistory* const least = slots.bucket(key_with(3));
  EXPECT_EQ(slots.bucket(key_with(9)), least);
  EXPECT_EQ(least[1], 0) << "what stood there is forgotten";
  for (const std::uint8_t check : {1, 2, 4})
    EXPECT_EQ(slots.bucket(key_with(check))[1], after_ones(2)) << check;
}

TEST(SlotTable, ReplacesTheCellThatSawLeast) {
  SlotTable slots(kLineBits);
  for (std::uint8_t check = 1; check <= 4; ++check)
    *slots.cell(key_with(check)) = after_ones(check == 2 ? 1 : 2);
  BitHistory* const least = slots.cell(key_with(2));
  EXPECT_EQ(slots.cell(key_with(9)), least);
  EXPECT_EQ(*least, 0);
  for (const std::uint8_t check : {1, 3, 4}) EXPECT_EQ(*slots.cell(key_with(check)), after_ones(2)) << check;
}

TEST(SlotTable, TellsNoCheckFromTheEmptyOne) {
  // A check of 0 counts as 1, as an empty way has 0.
  SlotTable slots(kLineBits);
  EXPECT_EQ(slots.bucket(key_with(0)), slots.bucket(key_with(1)));
}

TEST(SlotTable, ForgetsAllWhenReset) {
  SlotTable slots(kLineBits);
  slots.bucket(slot_key(5))[1] = 7;
  *slots.cell(slot_key(5)) = 7;
  slots.reset();
  EXPECT_EQ(slots.bucket(slot_key(5))[1], 0);
  EXPECT_EQ(*slots.cell(slot_key(5)), 0);
}

}  // namespace
}  // namespace skiff
