#include "entropy/context_mixing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

namespace skiff {
namespace {

constexpr unsigned kLineBits = 8;
constexpr ContextGroup::Shape kShape{7, 3, 4, 2, 1311};

/// Codes the bits with the last eight, four and none of them as contexts.
template <class Coder>
std::vector<bool> code_all(Coder& coder, std::vector<bool> bits, ContextGroup& group) {
  std::uint32_t past = 1;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::array<std::uint32_t, 3> contexts{past & 0xff, mix(past & 15, 1), 2};
    group.select(contexts);
    bits[i] = group.code(coder, bits[i], 1, past & 3, past & 1);
    past = past << 1 | (bits[i] ? 1 : 0);
  }
  return bits;
}

Bytes coded(const std::vector<bool>& bits) {
  SlotTable slots(kLineBits);
  ContextGroup group(kShape, slots);
  RangeEncoder encoder;
  code_all(encoder, bits, group);
  return encoder.finish();
}

std::vector<bool> made(std::size_t count, const std::function<bool(std::size_t)>& bit) {
  std::vector<bool> bits(count);
  for (std::size_t i = 0; i < count; ++i) bits[i] = bit(i);
  return bits;
}

std::vector<bool> random_bits(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  return made(count, [&](std::size_t) { return (random() & 1) != 0; });
}

TEST(ContextGroup, LearnsASourceThatIsConstant) {
  for (const bool bit : {false, true}) EXPECT_LE(coded(std::vector<bool>(20'000, bit)).size(), 12u) << bit;
}

TEST(ContextGroup, LearnsASourceThatIsPeriodic) {
  for (const std::size_t period : {2u, 3u, 5u, 7u}) {
    const auto bits = made(20'000, [&](std::size_t i) { return i % period == 0; });
    EXPECT_LE(coded(bits).size(), 30u) << period;
  }
}

TEST(ContextGroup, SpendsHardlyMoreThanABitOnNoise) {
  EXPECT_LE(coded(random_bits(80'000, 1)).size(), 10'000u + 300u);
}

TEST(ContextGroup, ApproachesTheEntropyOfABiasedSource) {
  std::mt19937 random(3);
  const auto bits = made(80'000, [&](std::size_t) { return random() % 16 == 0; });
  EXPECT_LE(coded(bits).size(), 80'000 * 0.3373 / 8 * 1.05);  // 0.3373 bits: the entropy of 1 in 16
}

TEST(ContextGroup, DecodesWhatItCoded) {
  std::mt19937 random(9);
  std::vector<bool> bits = random_bits(500, 1);
  for (int i = 0; i < 3000; ++i) bits.push_back(random() % 9 < 8 ? bits[bits.size() - 7] : random() & 1);
  const Bytes wire = coded(bits);
  SlotTable slots(kLineBits);
  ContextGroup group(kShape, slots);
  RangeDecoder decoder(wire);
  EXPECT_EQ(code_all(decoder, std::vector<bool>(bits.size()), group), bits);
}

TEST(ContextGroup, CodesTheSameBytesAgainOnceReset) {
  const auto bits = made(3000, [](std::size_t i) { return i % 11 < 4; });
  SlotTable slots(kLineBits);
  ContextGroup group(kShape, slots);
  RangeEncoder first;
  code_all(first, bits, group);
  const Bytes wire = first.finish();
  RangeEncoder learnt;
  code_all(learnt, bits, group);
  EXPECT_NE(learnt.finish(), wire) << "what is learnt must change the code, or the reset proves nothing";
  slots.reset();
  group.reset();
  RangeEncoder again;
  code_all(again, bits, group);
  EXPECT_EQ(again.finish(), wire);
}

TEST(ContextGroup, KeepsContextsOfOtherGroupsApart) {
  // Two groups see the same contexts and opposite bits: neither unteaches the other.
  SlotTable slots(kLineBits);
  ContextGroup ones({1, 3, 1, 1, 1311}, slots);
  ContextGroup zeros({2, 3, 1, 1, 1311}, slots);
  RangeEncoder encoder;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const std::array<std::uint32_t, 3> contexts{i % 4, i % 3 + 100, 7};
    ones.select(contexts);
    zeros.select(contexts);
    ones.code(encoder, true, 1, 0, 0);
    zeros.code(encoder, false, 1, 0, 0);
  }
  EXPECT_LE(encoder.finish().size(), 24u);
}

TEST(ContextGroup, WorksWithTheMostContextsAndTheFewest) {
  for (const std::uint32_t contexts : {1u, static_cast<std::uint32_t>(kMaxContexts)}) {
    SlotTable slots(kLineBits);
    ContextGroup group({1, contexts, 1, 1, 1311}, slots);
    const std::vector<std::uint32_t> hashes(contexts, 5);
    RangeEncoder encoder;
    for (int i = 0; i < 1000; ++i) {
      group.select(hashes);
      for (std::uint32_t node = 1; node < 16; node = 2 * node + 1) group.code(encoder, true, node, 0, 0);
    }
    EXPECT_LE(encoder.finish().size(), 12u);
  }
}

TEST(SlotTable, LaysEachLineOnItsOwnCacheLine) {
  SlotTable slots(kLineBits);
  std::set<Slot*> lines;
  for (std::uint32_t hash = 0; hash < 20'000; ++hash) {
    const SlotTable::Line line = slots.line(hash);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(line.slots) % 64, 0u);
    lines.insert(line.slots);
  }
  EXPECT_EQ(lines.size(), 1u << kLineBits);
  EXPECT_EQ(static_cast<std::size_t>(*lines.rbegin() - *lines.begin()),
            ((1u << kLineBits) - 1) * kSlotsPerLine);
}

TEST(SlotTable, FindsASlotAgain) {
  SlotTable slots(kLineBits);
  const SlotTable::Line line = slots.line(1234);
  for (std::uint32_t node = 1; node < 8; ++node) SlotTable::find(line, node).estimate = node << 10 | 5;
  Slot& slot = SlotTable::find(line, 3);
  EXPECT_EQ(&SlotTable::find(line, 3), &slot);
  EXPECT_EQ(slot.estimate >> 10, 3u);
}

TEST(SlotTable, GivesAnEmptySlotToWhatItHasNotSeen) {
  SlotTable slots(kLineBits);
  const Slot& slot = SlotTable::find(slots.line(77), 9);
  EXPECT_EQ(slot.estimate, std::uint32_t{1} << 31);
  EXPECT_EQ(slot.history, 1);
  EXPECT_NE(slot.check, 0);
}

TEST(SlotTable, ReplacesTheSlotSeenLessOften) {
  SlotTable slots(kLineBits);
  SlotTable::Line line = slots.line(1);
  // Checks 0x1000 and on share their place in the line: node 0 keeps the arithmetic plain.
  const auto at = [&](std::uint16_t check) -> Slot& {
    line.check = check;
    return SlotTable::find(line, 0);
  };
  Slot& often = at(0x1000);
  often.estimate += 9;
  Slot& seldom = at(0x2000);
  seldom.estimate += 2;
  ASSERT_NE(&often, &seldom);
  Slot& newcomer = at(0x3000);
  EXPECT_EQ(&newcomer, &seldom);
  EXPECT_EQ(newcomer.estimate, Slot{}.estimate);
  EXPECT_EQ(&at(0x1000), &often);
  EXPECT_EQ(often.estimate & 1023, 7u) << "the one that stays ages by one, each time";
}

TEST(SlotTable, WearsDownASlotThatIsNotSeenAgain) {
  SlotTable slots(kLineBits);
  SlotTable::Line line = slots.line(1);
  const auto at = [&](std::uint16_t check) -> Slot& {
    line.check = check;
    return SlotTable::find(line, 0);
  };
  at(0x1000).estimate += 3;
  for (std::uint16_t i = 1; i < 8; ++i) ++at(static_cast<std::uint16_t>(0x1000 + 8 * i)).estimate;
  EXPECT_EQ(at(0x1000).estimate, Slot{}.estimate);
}

TEST(SlotTable, ForgetsAllWhenReset) {
  SlotTable slots(kLineBits);
  Slot& slot = SlotTable::find(slots.line(5), 1);
  slot.estimate = 7;
  slots.reset();
  EXPECT_EQ(slot.check, 0);
  EXPECT_EQ(SlotTable::find(slots.line(5), 1).estimate, Slot{}.estimate);
}

}  // namespace
}  // namespace skiff
