#include "predict/reference.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <vector>

namespace skiff {
namespace {

constexpr std::uint64_t kAddress = 0x4000'1000;

std::uint64_t target(Reference reference, std::uint32_t word) {
  return target_of({reference, 0, 0}, word, kAddress).value();
}
std::uint32_t written(Reference reference, std::uint32_t opcode, std::uint64_t to) {
  return static_cast<std::uint32_t>(with_target({reference, 0, 0}, opcode, to, kAddress));
}

struct Known {
  Reference reference;
  std::uint32_t word;
  std::int64_t distance;  ///< from the field's address to the target
};

/// As an assembler writes them.
const std::vector<Known> kKnown = {
    {Reference::kA64Call, 0x94000001, 4},           // bl .+4
    {Reference::kA64Call, 0x97ffffff, -4},          // bl .-4
    {Reference::kA64Call, 0x96000000, -0x8000000},  // bl as far back as it reaches
    {Reference::kA64Jump, 0x14000002, 8},           // b .+8
    {Reference::kA64Jump, 0x17fffffe, -8},          // b .-8
    {Reference::kA64Branch, 0x54000040, 8},         // b.eq .+8
    {Reference::kA64Branch, 0xb4000040, 8},         // cbz x0, .+8
    {Reference::kA64Branch, 0x35ffffe1, -4},        // cbnz w1, .-4
    {Reference::kA64Test, 0x36000040, 8},           // tbz w0, #0, .+8
    {Reference::kA64Test, 0xb7ffffe3, -4},          // tbnz x3, #62, .-4
    {Reference::kA64Literal, 0x58000040, 8},        // ldr x0, .+8
    {Reference::kA64Literal, 0x98ffffe2, -4},       // ldrsw x2, .-4
    {Reference::kA64Near, 0x30000000, 1},           // adr x0, .+1
    {Reference::kA64Near, 0x10000020, 4},           // adr x0, .+4
    {Reference::kA64Near, 0x70ffffe5, -1},          // adr x5, .-1
    {Reference::kX64Call, 0x00000000, 4},           // e8: the next instruction
    {Reference::kX64Call, 0xfffffffb, -1},          // e8: itself
    {Reference::kX64Jump, 0x00000010, 0x14},        // e9
    {Reference::kX64Branch, 0xfffffff0, -0xc},      // 0f 8x
    {Reference::kX64Operand, 0x00001000, 0x1004},   // rip + disp32
    {Reference::kThumbCall, 0xf800f000, 4},         // bl .+4
    {Reference::kThumbCall, 0xfffef7ff, 0},         // bl .
    {Reference::kThumbCall, 0xb800f000, 4},         // b.w .+4
    {Reference::kThumbCall, 0xbffcf7ff, -4},        // b.w .-4
    {Reference::kRelative32, 0xfffffff8, -8},      {Reference::kRelative31, 0x7ffffff8, -8},
    {Reference::kA32Call, 0xeb000000, 8},          // bl .+8
    {Reference::kA32Call, 0x0bfffffd, -4},         // bleq .-4
    {Reference::kA32Jump, 0xeafffffe, 0},          // b .
    {Reference::kA32Jump, 0x1a00000e, 64},         // bne .+64
    {Reference::kA32Literal, 0xe59f1010, 24},      // ldr r1, [pc, #16]
    {Reference::kThumbExchange, 0xe800f000, 4},    // blx .+4
    {Reference::kThumbExchange, 0xeffef7ff, 0},    // blx .
    {Reference::kThumbBranch, 0x8004f000, 12},     // beq.w .+12
    {Reference::kThumbBranch, 0xaffef47f, 0},      // bne.w .
    {Reference::kThumbLiteral, 0x2634f8df, 1592},  // ldr.w r2, [pc, #1588]
    {Reference::kThumbShortLiteral, 0x4902, 12},   // ldr r1, [pc, #8]
    {Reference::kThumbShortJump, 0xe7fe, 0},       // b .
    {Reference::kThumbShortBranch, 0xd1fd, -2},    // bne .-2
};

TEST(Reference, ReadsKnownInstructions) {
  for (const auto& [reference, word, distance] : kKnown) {
    EXPECT_EQ(target(reference, word), kAddress + static_cast<std::uint64_t>(distance)) << std::hex << word;
  }
}

TEST(Reference, WritesKnownInstructions) {
  for (const auto& [reference, word, distance] : kKnown) {
    const std::uint32_t opcode = word & ~field_mask(reference);
    EXPECT_EQ(written(reference, opcode, kAddress + static_cast<std::uint64_t>(distance)), word)
        << std::hex << word;
  }
}

TEST(Reference, KnowsA64InstructionsByTheirOpcodes) {
  for (const auto& [reference, word, distance] : kKnown) {
    if (reference <= Reference::kA64Near) {
      EXPECT_EQ(a64_reference(word), reference) << std::hex << word;
    }
  }
  EXPECT_EQ(a64_reference(0xb0000000), Reference::kA64Page);
  EXPECT_EQ(a64_reference(0x91048c00), Reference::kA64PageAdd);
  EXPECT_EQ(a64_reference(0xf9400401), Reference::kA64PageLoad);
  EXPECT_EQ(a64_reference(0x3dc00400), Reference::kA64PageLoad);  // ldr q0, [x0, #16]
  for (const std::uint32_t word : {0xd65f03c0u, 0xaa0003e0u, 0xd503201fu, 0u, 0xa9bf7bfdu, 0xd61f0000u})
    EXPECT_EQ(a64_reference(word), Reference::kNone) << std::hex << word;
}

TEST(Reference, KnowsA32InstructionsByTheirOpcodes) {
  for (const auto& [reference, word, distance] : kKnown) {
    if (reference >= Reference::kA32Call && reference <= Reference::kA32Literal) {
      EXPECT_EQ(a32_reference(word), reference) << std::hex << word;
    }
  }
  // blx, ldr back, ldrb, ldr of another register, svc
  for (const std::uint32_t word : {0xfa000000u, 0xe51f1010u, 0xe5df1010u, 0xe5901010u, 0xef000000u, 0u})
    EXPECT_EQ(a32_reference(word), Reference::kNone) << std::hex << word;
}

TEST(Reference, KnowsThumbInstructionsByTheirOpcodes) {
  for (const auto& [reference, word, distance] : kKnown) {
    const auto halfword = static_cast<std::uint16_t>(word);
    if (reference == Reference::kThumbCall ||
        (reference >= Reference::kThumbExchange && reference <= Reference::kThumbLiteral)) {
      EXPECT_EQ(thumb_reference(word), reference) << std::hex << word;
    } else if (reference >= Reference::kThumbShortLiteral && reference <= Reference::kThumbShortBranch) {
      EXPECT_EQ(thumb_short_reference(halfword), reference) << std::hex << word;
    }
  }
  // bl with its first half changed, msr, blx to no multiple of four, ldrb.w
  for (const std::uint32_t word : {0xf800e000u, 0x8000f380u, 0xe801f000u, 0x2634f89fu})
    EXPECT_EQ(thumb_reference(word), Reference::kNone) << std::hex << word;
  // movs, udf, svc, add
  for (const std::uint16_t halfword : {0x2000, 0xde00, 0xdf00, 0x4479})
    EXPECT_EQ(thumb_short_reference(halfword), Reference::kNone) << std::hex << halfword;
}

TEST(Reference, FormsPagesAndWhatCompletesThem) {
  EXPECT_EQ(adrp_page(0xb0000000, 0x12345), 0x13000u);  // adrp x0, 1 page on
  EXPECT_EQ(adrp_page(0x90000020, 0x12345), 0x16000u);  // 4 pages on
  EXPECT_EQ(adrp_page(0xf0ffffe0, 0x12345), 0x11000u);  // 1 page back
  EXPECT_EQ(a64_low_bits(0x91048c00), 0x123u);          // add x0, x0, #0x123
  EXPECT_EQ(a64_low_bits(0xf9400401), 8u);              // ldr x1, [x0, #8]
  EXPECT_EQ(a64_low_bits(0xb9400401), 4u);              // ldr w1, [x0, #4]
  EXPECT_EQ(a64_low_bits(0x39400401), 1u);              // ldrb w1, [x0, #1]
  EXPECT_EQ(a64_low_bits(0x3dc00400), 16u);             // ldr q0, [x0, #16]
  EXPECT_EQ(a64_low_bits(0xfd400400), 8u);              // ldr d0, [x0, #8]
}

TEST(Reference, RetargetsAPageAndItsUser) {
  const std::uint64_t to = 0x4012'3458;
  EXPECT_EQ(adrp_page(written(Reference::kA64Page, 0x90000003, to), kAddress), 0x4012'3000u);
  const auto add = static_cast<std::uint32_t>(with_target({Reference::kA64PageAdd, 0, 0}, 0x91000063, to, 0));
  EXPECT_EQ(add, 0x91000063u | 0x458u << 10);
  const auto load =
      static_cast<std::uint32_t>(with_target({Reference::kA64PageLoad, 3, 0}, 0xf9400063, to, 0));
  EXPECT_EQ(load, 0xf9400063u | 0x458u >> 3 << 10);
}

TEST(Reference, ReadsAndWritesPointersAndDistances) {
  EXPECT_EQ(target_of({Reference::kPointer64, 0, 0}, 0xffff'8000'1234'5678, 5), 0xffff'8000'1234'5678u);
  EXPECT_EQ(with_target({Reference::kPointer64, 0, 0}, 1, 0xffff'8000'1234'5678, 5), 0xffff'8000'1234'5678u);
  EXPECT_EQ(target_of({Reference::kPointer32, 0, 0}, 0x8000'1234, 5), 0x8000'1234u);
  EXPECT_EQ(target_of({Reference::kOffset32, 0, 0x5000}, 0x10, 5), 0x5010u);
  EXPECT_EQ(with_target({Reference::kOffset32, 0, 0x5000}, 7, 0x5010, 5), 0x10u);
  EXPECT_EQ(with_target({}, 77, 0x5010, 5), 77u);
}

TEST(Reference, HasNoTargetOfItsOwnWhereTwoInstructionsShareOne) {
  for (const Reference reference :
       {Reference::kNone, Reference::kA64Page, Reference::kA64PageAdd, Reference::kA64PageLoad})
    EXPECT_FALSE(target_of({reference, 0, 0}, 0x90000000, kAddress));
}

/// Words whose field holds every value it can, or many random ones.
std::vector<std::uint32_t> field_values(Reference reference, std::mt19937& random) {
  const std::uint32_t mask = field_mask(reference);
  std::vector<std::uint32_t> values;
  if (std::popcount(mask) <= 14) {
    std::uint32_t value = 0;
    do {
      values.push_back(value);
      value = (value - mask) & mask;
    } while (value != 0);
  } else {
    for (int i = 0; i < 20'000; ++i) values.push_back(random() & mask);
    values.insert(values.end(),
                  {0, mask, mask & (~mask + 1), std::bit_floor(mask), mask ^ std::bit_floor(mask)});
  }
  return values;
}

class EveryReference : public ::testing::TestWithParam<int> {
 protected:
  const Reference reference_ = static_cast<Reference>(GetParam());
  std::mt19937 random_{7};
};

TEST_P(EveryReference, GivesBackEveryNumberOfItsField) {
  if (reference_ == Reference::kPointer64) GTEST_SKIP() << "eight bytes";
  for (const std::uint32_t value : field_values(reference_, random_)) {
    const std::uint32_t word = value | (random_() & ~field_mask(reference_));
    ASSERT_EQ(number_in_field(reference_, field_number(reference_, word)), value);
  }
}

TEST_P(EveryReference, KeepsTheBitsAroundItsField) {
  if (reference_ == Reference::kPointer64) GTEST_SKIP() << "eight bytes";
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t to = random_() | std::uint64_t{random_()} << 32;
    const std::uint32_t old = random_();
    const std::uint64_t made = with_target({reference_, 0, 0}, old, to, kAddress);
    ASSERT_EQ((made ^ old) & ~std::uint64_t{field_mask(reference_)}, 0u);
  }
}

TEST_P(EveryReference, ReadsTheTargetThatItWrote) {
  const Field field{reference_, 0, 0x1000};
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t old = random_();
    const auto to = target_of(field, old, kAddress);
    if (!to) GTEST_SKIP() << "no target of its own";
    ASSERT_EQ(with_target(field, old, *to, kAddress), old);
  }
}

TEST_P(EveryReference, CutsOffDistancesThatItCannotReach) {
  // 2^63 bytes away, about: arithmetic on the way must wrap and not overflow.
  const Field field{reference_, 3, 0x1000};
  for (std::uint64_t near = 0; near < 16; ++near) {
    const std::uint64_t to = kAddress + (std::uint64_t{1} << 63) - 8 + near;
    const std::uint64_t made = with_target(field, 0, to, kAddress);
    if (reference_ != Reference::kPointer64) {
      EXPECT_EQ(made & ~std::uint64_t{field_mask(reference_)}, 0u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryReference, ::testing::Range(1, static_cast<int>(kReferences)));

}  // namespace
}  // namespace skiff
