#include "codec/number_coder.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

namespace skiff {
namespace {

std::vector<std::uint64_t> numbers_of_every_width() {
  std::mt19937_64 random(2);
  std::vector<std::uint64_t> numbers = {0, 1, 2, ~std::uint64_t{0} - 1, ~std::uint64_t{0} - 2};
  for (unsigned bit = 1; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (const std::uint64_t number : {power - 2, power - 1, power, power + (random() & (power - 1))})
      numbers.push_back(std::min(number, ~std::uint64_t{0} - 1));
  }
  return numbers;
}

class Numbers : public ::testing::Test {
 protected:
  static NumberContext context(std::size_t i) {
    return {static_cast<std::uint32_t>(i % kNumberKinds), static_cast<std::uint32_t>(i % 5),
            static_cast<std::uint32_t>(i % 3), static_cast<std::uint32_t>(i & 3)};
  }
  /// Codes with models that know nothing yet.
  template <class Run>
  void fresh(const Run& run) {
    SlotTable slots(10);
    NumberCoder numbers(slots);
    run(numbers);
  }
};

TEST_F(Numbers, ComeBackWhateverTheirWidth) {
  const auto list = numbers_of_every_width();
  RangeEncoder encoder;
  fresh([&](NumberCoder& numbers) {
    for (std::size_t i = 0; i < list.size(); ++i)
      ASSERT_EQ(numbers.code(encoder, list[i], context(i)), list[i]);
  });
  const Bytes wire = encoder.finish();
  RangeDecoder decoder(wire);
  fresh([&](NumberCoder& numbers) {
    for (std::size_t i = 0; i < list.size(); ++i) ASSERT_EQ(numbers.code(decoder, 0, context(i)), list[i]);
  });
}

TEST_F(Numbers, ComeBackWithTheirSign) {
  std::vector<std::int64_t> list;
  for (const std::uint64_t number : numbers_of_every_width()) {
    const auto half = static_cast<std::int64_t>(number >> 1);
    list.push_back(half);
    list.push_back(-half);
  }
  RangeEncoder encoder;
  fresh([&](NumberCoder& numbers) {
    for (std::size_t i = 0; i < list.size(); ++i)
      ASSERT_EQ(numbers.code_signed(encoder, list[i], context(i)), list[i]);
  });
  const Bytes wire = encoder.finish();
  RangeDecoder decoder(wire);
  fresh([&](NumberCoder& numbers) {
    for (std::size_t i = 0; i < list.size(); ++i)
      ASSERT_EQ(numbers.code_signed(decoder, 0, context(i)), list[i]);
  });
}

TEST_F(Numbers, ThatHaveNoCodeAreTheSameOnBothSides) {
  // What the encoder is told it wrote is what the decoder reads, even of the two numbers past the last.
  RangeEncoder encoder;
  std::uint64_t past = 0;
  std::int64_t least = 0;
  fresh([&](NumberCoder& numbers) {
    past = numbers.code(encoder, ~std::uint64_t{0}, {});
    least = numbers.code_signed(encoder, std::numeric_limits<std::int64_t>::min(), {});
  });
  const Bytes wire = encoder.finish();
  RangeDecoder decoder(wire);
  fresh([&](NumberCoder& numbers) {
    EXPECT_EQ(numbers.code(decoder, 0, {}), past);
    EXPECT_EQ(numbers.code_signed(decoder, 0, {}), least);
  });
}

TEST_F(Numbers, ThatRepeatCostLittle) {
  RangeEncoder encoder;
  fresh([&](NumberCoder& numbers) {
    for (int i = 0; i < 5000; ++i) numbers.code(encoder, 123'456'789, {});
  });
  EXPECT_LT(encoder.finish().size(), 200u);
}

TEST_F(Numbers, AreReadFromAnyBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    Bytes wire(random() % 30);
    for (std::uint8_t& byte : wire) byte = static_cast<std::uint8_t>(random());
    RangeDecoder decoder(wire);
    fresh([&](NumberCoder& numbers) {
      for (std::size_t i = 0; i < 60; ++i) {
        EXPECT_LT(numbers.code(decoder, 0, context(i)), ~std::uint64_t{0});
        EXPECT_GT(numbers.code_signed(decoder, 0, context(i)), std::numeric_limits<std::int64_t>::min());
      }
    });
  }
}

}  // namespace
}  // namespace skiff
