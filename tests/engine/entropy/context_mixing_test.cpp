#include "entropy/context_mixing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

namespace skiff {
namespace {

constexpr unsigned kLineBits = 8;
constexpr GroupShape kShape{7, 3, {4, 2, 1}, 1311};
using Group = ContextGroup<kShape>;

/// Codes the bits with the last eight, four and none of them as contexts.
template <class Coder>
std::vector<bool> code_all(Coder& coder, std::vector<bool> bits, Group& group) {
  std::uint32_t past = 1;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    group.select_cells({past & 0xff, mix(past & 15, 1), 2});
    bits[i] = group.code(coder, bits[i], 0, {past & 3, past & 1, 0});
    past = past << 1 | (bits[i] ? 1 : 0);
  }
  return bits;
}

Bytes coded(const std::vector<bool>& bits) {
  SlotTable slots(kLineBits);
  Group group(slots);
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
  Group group(slots);
  RangeDecoder decoder(wire);
  EXPECT_EQ(code_all(decoder, std::vector<bool>(bits.size()), group), bits);
}

TEST(ContextGroup, CodesTheSameBytesAgainOnceReset) {
  const auto bits = made(3000, [](std::size_t i) { return i % 11 < 4; });
  SlotTable slots(kLineBits);
  Group group(slots);
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
  constexpr GroupShape kOnes{1, 3, {1, 1, 1}, 1311};
  constexpr GroupShape kZeros{2, 3, {1, 1, 1}, 1311};
  SlotTable slots(kLineBits);
  ContextGroup<kOnes> ones(slots);
  ContextGroup<kZeros> zeros(slots);
  RangeEncoder encoder;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    ones.select({i % 4, i % 3 + 100, 7});
    zeros.select({i % 4, i % 3 + 100, 7});
    ones.code(encoder, true, 1, {});
    zeros.code(encoder, false, 1, {});
  }
  EXPECT_LE(encoder.finish().size(), 24u);
}

/// Codes the four bits of a symbol over and over.
template <GroupShape kAny>
std::size_t coded_symbols(SlotTable& slots) {
  ContextGroup<kAny> group(slots);
  typename ContextGroup<kAny>::Hashes hashes;
  hashes.fill(5);
  RangeEncoder encoder;
  for (int i = 0; i < 1000; ++i) {
    group.select(hashes);
    for (std::uint32_t node = 1; node < 16; node = 2 * node + 1) group.code(encoder, true, node, {});
  }
  return encoder.finish().size();
}

TEST(ContextGroup, WorksWithManyContextsAndWithOne) {
  constexpr GroupShape kOne{1, 1, {1, 1, 1}, 1311};
  constexpr GroupShape kMany{1, 23, {1, 1, 1}, 1311};
  SlotTable slots(kLineBits);
  EXPECT_LE(coded_symbols<kOne>(slots), 12u);
  EXPECT_LE(coded_symbols<kMany>(slots), 12u);
}

TEST(ContextGroup, HearsNothingFromAContextThatSawNothing) {
  // A new context beside one that is sure: the bit costs hardly more than without it.
  SlotTable slots(16);
  Group group(slots);
  RangeEncoder encoder;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    group.select_cells({1, 1000 + i, 2});
    group.code(encoder, true, 0, {});
  }
  EXPECT_LE(encoder.finish().size(), 12u);
}

}  // namespace
}  // namespace skiff
