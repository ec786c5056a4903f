#include "diff/metering_decoder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

namespace skiff {
namespace {

TEST(BitCosts, AreLogarithmsInFixedPoint) {
  const auto& costs = bit_costs();
  EXPECT_EQ(costs[65536], 0u);
  EXPECT_EQ(costs[32768], 1u << kCostScale);
  EXPECT_EQ(costs[1], 16u << kCostScale);
  for (std::uint32_t p = 1; p <= 65536; p += 1 + p / 100) {
    const double exact = -std::log2(p / 65536.0) * (1 << kCostScale);
    ASSERT_NEAR(costs[p], exact, 2) << p;
  }
}

struct CodedBit {
  bool bit;
  Probability one;
};

/// Bits that are as often 1 as their probabilities say.
std::vector<CodedBit> bits(std::size_t count, std::uint32_t lowest, std::uint32_t highest) {
  std::mt19937 random(1);
  std::vector<CodedBit> list;
  for (std::size_t i = 0; i < count; ++i) {
    const Probability one = lowest + random() % (highest - lowest + 1);
    list.push_back({random() % 65536 < one, one});
  }
  return list;
}

TEST(MeteringDecoder, CountsWhatIsOnTheWire) {
  for (const auto& [lowest, highest] :
       {std::pair{1u, 65535u}, {65000u, 65535u}, {1u, 200u}, {32768u, 32768u}}) {
    const std::vector<CodedBit> coded = bits(200'000, lowest, highest);
    RangeEncoder encoder;
    for (const CodedBit& each : coded) encoder.code(each.bit, each.one);
    const Bytes wire = encoder.finish();
    MeteringDecoder decoder(wire);
    for (const CodedBit& each : coded) ASSERT_EQ(decoder.code(false, each.one), each.bit);
    const PartCosts costs = decoder.take();
    const WireCost all = std::accumulate(costs.begin(), costs.end(), WireCost{0});
    EXPECT_NEAR(static_cast<double>(all) / kByteCost, static_cast<double>(wire.size()),
                4 + static_cast<double>(wire.size()) / 1000)
        << lowest;
  }
}

TEST(MeteringDecoder, KeepsPartsApart) {
  RangeEncoder encoder;
  for (const Probability one : {32768u, 16384u, 16384u}) encoder.code(true, one);
  const Bytes wire = encoder.finish();
  MeteringDecoder decoder(wire);
  EXPECT_FALSE(decoder.any());
  decoder.announce(WirePart::kLiterals);
  decoder.code(false, 32768);
  decoder.announce(WirePart::kFields);
  decoder.code(false, 16384);
  EXPECT_TRUE(decoder.any());
  PartCosts expected{};
  expected[static_cast<std::size_t>(WirePart::kLiterals)] = kByteCost / 8;
  expected[static_cast<std::size_t>(WirePart::kFields)] = kByteCost / 4;
  EXPECT_EQ(decoder.take(), expected);
  EXPECT_FALSE(decoder.any());
  decoder.code(false, 16384);
  expected[static_cast<std::size_t>(WirePart::kLiterals)] = 0;
  EXPECT_EQ(decoder.take(), expected);
}

}  // namespace
}  // namespace skiff
