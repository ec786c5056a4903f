#include "entropy/range_coder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/engine/apply/test_images.hpp"

namespace skiff {
namespace {

using testing::operator+;

struct Step {
  bool bit;
  Probability one;
};

Bytes coded(const std::vector<Step>& steps) {
  RangeEncoder encoder;
  for (const Step& step : steps) EXPECT_EQ(encoder.code(step.bit, step.one), step.bit);
  return encoder.finish();
}

::testing::AssertionResult decodes_to(ByteView wire, const std::vector<Step>& steps) {
  RangeDecoder decoder(wire);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (decoder.code(false, steps[i].one) != steps[i].bit)
      return ::testing::AssertionFailure() << "bit " << i << " of " << steps.size();
  }
  return ::testing::AssertionSuccess();
}

std::vector<Step> random_steps(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Step> steps(count);
  for (Step& step : steps) {
    const Probability edge = 1 + random() % 4;
    const std::uint32_t form = random() % 4;
    step.one = form == 0 ? edge : form == 1 ? 65536 - edge : 1 + random() % 65535;
    step.bit = random() % 65536 < step.one;
  }
  return steps;
}

TEST(RangeCoder, GivesBackRandomBitsAtEveryProbability) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    const auto steps = random_steps(seed * 40, seed);
    EXPECT_TRUE(decodes_to(coded(steps), steps)) << seed;
  }
}

TEST(RangeCoder, GivesBackBitsThatAreAlwaysTheUnlikelyOnes) {
  std::vector<Step> steps;
  for (int i = 0; i < 5000; ++i) steps.push_back(i % 2 == 0 ? Step{true, 1} : Step{false, 65535});
  const Bytes wire = coded(steps);
  EXPECT_TRUE(decodes_to(wire, steps));
  EXPECT_NEAR(static_cast<double>(wire.size()), 5000 * 16 / 8, 50);
}

/// The same coder with a low end of any length, to which carries are added digit by digit.
class LongArithmetic {
 public:
  void code(const Step& step) {
    const auto bound = static_cast<std::uint32_t>((std::uint64_t{range_} * step.one) >> 16);
    if (step.bit) {
      range_ = bound;
    } else {
      add(bound);
      range_ -= bound;
    }
    for (; range_ < std::uint32_t{1} << 24; range_ <<= 8) digits_.push_back(0);
  }
  Bytes finish() {
    while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
    return digits_;
  }
  /// The most bytes 0xff that a carry ran through.
  [[nodiscard]] std::size_t longest_carry() const { return longest_carry_; }

 private:
  void add(std::uint32_t bound) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < 4; ++i) sum |= std::uint64_t{*(digits_.rbegin() + i)} << (8 * i);
    sum += bound;
    for (std::size_t i = 0; i < 4; ++i) *(digits_.rbegin() + i) = static_cast<std::uint8_t>(sum >> (8 * i));
    if (sum >> 32 == 0) return;
    std::size_t run = 0;
    auto digit = digits_.rbegin() + 4;
    for (; *digit == 0xff; ++digit, ++run) *digit = 0;
    ++*digit;
    longest_carry_ = std::max(longest_carry_, run);
  }

  Bytes digits_ = Bytes(4);
  std::uint32_t range_ = 0xffffffffu;
  std::size_t longest_carry_ = 0;
};

TEST(RangeCoder, CarriesThroughRunsOf0xff) {
  std::size_t longest_carry = 0;
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    // Bits that lead to just below a power of 256, found by decoding it; then any that may go beyond.
    const Bytes below = Bytes{static_cast<std::uint8_t>(random() % 255)} + Bytes(20, 0xff);
    RangeDecoder decoder(below);
    std::vector<Step> steps;
    while (decoder.length() < 5 + seed % 12) {
      const Probability one = 1 + random() % 65535;
      steps.push_back({decoder.code(false, one), one});
    }
    for (const Step& step : random_steps(20, seed)) steps.push_back(step);
    LongArithmetic oracle;
    for (const Step& step : steps) oracle.code(step);
    const Bytes wire = coded(steps);
    ASSERT_EQ(wire, oracle.finish()) << seed;
    ASSERT_TRUE(decodes_to(wire, steps)) << seed;
    longest_carry = std::max(longest_carry, oracle.longest_carry());
  }
  EXPECT_GE(longest_carry, 6u);
}

TEST(RangeCoder, DropsZeroBytesAtTheEndAndReadsThemAgain) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    const auto steps = random_steps(seed, seed);
    const Bytes wire = coded(steps);
    if (!wire.empty()) {
      EXPECT_NE(wire.back(), 0);
    }
    EXPECT_TRUE(decodes_to(wire, steps));
  }
  const std::vector<Step> likely(100, {true, 65535});
  EXPECT_TRUE(coded(likely).empty());
  EXPECT_TRUE(decodes_to({}, likely));
}

TEST(RangeCoder, TakesAsManyBytesAsTheEntropySays) {
  const auto steps = random_steps(100'000, 7);
  double bits = 0;
  for (const Step& step : steps) {
    const double p = static_cast<double>(step.bit ? step.one : 65536 - step.one) / 65536;
    bits -= std::log2(p);
  }
  EXPECT_NEAR(static_cast<double>(coded(steps).size()), bits / 8, bits / 8 * 0.001 + 8);
}

TEST(RangeCoder, KnowsItsLengthWithinFiveBytes) {
  const auto steps = random_steps(3000, 3);
  RangeEncoder encoder;
  std::size_t before = 0;
  for (const Step& step : steps) {
    encoder.code(step.bit, step.one);
    EXPECT_GE(encoder.length(), before);
    before = encoder.length();
  }
  const std::size_t length = encoder.finish().size();
  EXPECT_LE(length, before + 5);
  EXPECT_GE(length + 5, before);
}

TEST(RangeCoder, CountsTheBytesThatItReadsPastTheEnd) {
  const Bytes wire = {1, 2};
  RangeDecoder decoder(wire);
  EXPECT_EQ(decoder.length(), 4u);
  for (int i = 0; i < 100; ++i) decoder.code(false, 32768);
  EXPECT_GT(decoder.length(), 12u);
}

TEST(RangeCoder, DecodesAnyBytesToSomething) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    Bytes wire(random() % 40);
    for (std::uint8_t& byte : wire) byte = static_cast<std::uint8_t>(random());
    RangeDecoder decoder(wire);
    std::vector<Step> steps;
    for (int i = 0; i < 1000; ++i) {
      const Probability one = 1 + random() % 65535;
      steps.push_back({decoder.code(false, one), one});
    }
    EXPECT_TRUE(decodes_to(coded(steps), steps));
  }
}

}  // namespace
}  // namespace skiff
