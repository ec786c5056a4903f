#include "predict/reference.hpp"

#include <bit>

namespace skiff {
namespace {

constexpr std::uint32_t kAll = 0xffffffffu;

std::int64_t sign_extended(std::uint64_t value, unsigned bits) {
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

/// ADR and ADRP split their 21 bits: two in 30:29, nineteen in 23:5.
std::int64_t adr_number(std::uint32_t word) {
  return sign_extended(std::uint64_t{word >> 5 & 0x7ffff} << 2 | (word >> 29 & 3), 21);
}
std::uint32_t adr_bits(std::int64_t number) {
  const auto bits = static_cast<std::uint32_t>(number);
  return (bits >> 2 & 0x7ffff) << 5 | (bits & 3) << 29;
}

/// T32 BL and B.W: S, then J1 and J2 as not(J xor S), imm10, imm11, and a 0.
std::int32_t thumb_number(std::uint32_t word) {
  const std::uint32_t first = word & 0xffff;
  const std::uint32_t second = word >> 16;
  const std::uint32_t sign = first >> 10 & 1;
  const std::uint32_t i1 = ~(second >> 13 ^ sign) & 1;
  const std::uint32_t i2 = ~(second >> 11 ^ sign) & 1;
  const std::uint32_t bits = sign << 24 | i1 << 23 | i2 << 22 | (first & 0x3ff) << 12 | (second & 0x7ff) << 1;
  return static_cast<std::int32_t>(bits << 7) >> 7;
}
std::uint32_t thumb_bits(std::int32_t number) {
  const auto bits = static_cast<std::uint32_t>(number);
  const std::uint32_t sign = bits >> 24 & 1;
  const std::uint32_t j1 = (~(bits >> 23) ^ sign) & 1;
  const std::uint32_t j2 = (~(bits >> 22) ^ sign) & 1;
  const std::uint32_t first = sign << 10 | (bits >> 12 & 0x3ff);
  const std::uint32_t second = j1 << 13 | j2 << 11 | (bits >> 1 & 0x7ff);
  return first | second << 16;
}

/// T32 B<c>.W: S, J2, J1, imm6, imm11, and a 0.
std::int64_t thumb_branch_number(std::uint32_t word) {
  const std::uint32_t bits = (word >> 10 & 1) << 20 | (word >> 27 & 1) << 19 | (word >> 29 & 1) << 18 |
                             (word & 0x3f) << 12 | (word >> 16 & 0x7ff) << 1;
  return sign_extended(bits, 21);
}
std::uint32_t thumb_branch_bits(std::int64_t number) {
  const auto bits = static_cast<std::uint32_t>(number);
  return (bits >> 20 & 1) << 10 | (bits >> 19 & 1) << 27 | (bits >> 18 & 1) << 29 | (bits >> 12 & 0x3f) |
         (bits >> 1 & 0x7ff) << 16;
}

/// The address that a field's number counts from.
std::uint64_t counted_from(const Field& field, std::uint64_t address) {
  switch (field.reference) {
    case Reference::kPointer32:
      return 0;
    case Reference::kOffset32:
    case Reference::kX86Operand:
      return field.origin;
    case Reference::kX64Call:
    case Reference::kX64Jump:
    case Reference::kX64Branch:
    case Reference::kX64Operand:
    case Reference::kThumbCall:
    case Reference::kThumbBranch:
    case Reference::kThumbShortJump:
    case Reference::kThumbShortBranch:
      return address + 4;
    case Reference::kThumbExchange:
    case Reference::kThumbLiteral:
    case Reference::kThumbShortLiteral:
      return (address + 4) & ~std::uint64_t{3};
    case Reference::kA32Call:
    case Reference::kA32Jump:
    case Reference::kA32Literal:
      return address + 8;
    default:
      return address;
  }
}

/// log2 of the bytes that a field counts in.
unsigned unit_of(Reference reference) {
  switch (reference) {
    case Reference::kA64Call:
    case Reference::kA64Jump:
    case Reference::kA64Branch:
    case Reference::kA64Test:
    case Reference::kA64Literal:
    case Reference::kA32Call:
    case Reference::kA32Jump:
    case Reference::kThumbShortLiteral:
      return 2;
    case Reference::kThumbShortJump:
    case Reference::kThumbShortBranch:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::uint32_t field_mask(Reference reference) {
  switch (reference) {
    case Reference::kA64Call:
    case Reference::kA64Jump:
      return 0x03ffffffu;
    case Reference::kA64Branch:
    case Reference::kA64Literal:
      return 0x00ffffe0u;
    case Reference::kA64Test:
      return 0x0007ffe0u;
    case Reference::kA64Page:
    case Reference::kA64Near:
      return 0x60ffffe0u;
    case Reference::kA64PageAdd:
    case Reference::kA64PageLoad:
      return 0x003ffc00u;
    case Reference::kThumbCall:
    case Reference::kThumbExchange:
      return 0x2fff07ffu;
    case Reference::kThumbBranch:
      return 0x2fff043fu;
    case Reference::kThumbLiteral:
      return 0x0fff0000u;
    case Reference::kA32Call:
    case Reference::kA32Jump:
      return 0x00ffffffu;
    case Reference::kA32Literal:
      return 0x00000fffu;
    case Reference::kRelative31:
      return 0x7fffffffu;
    case Reference::kThumbShortLiteral:
    case Reference::kThumbShortBranch:
      return 0x00ffu;
    case Reference::kThumbShortJump:
      return 0x07ffu;
    case Reference::kNone:
      return 0;
    default:
      return kAll;
  }
}

std::int64_t field_number(Reference reference, std::uint32_t value) {
  switch (reference) {
    case Reference::kA64Page:
    case Reference::kA64Near:
      return adr_number(value);
    case Reference::kThumbCall:
    case Reference::kThumbExchange:
      return thumb_number(value);
    case Reference::kThumbBranch:
      return thumb_branch_number(value);
    case Reference::kA64PageAdd:
    case Reference::kA64PageLoad:
      return value >> 10 & 0xfff;
    case Reference::kThumbLiteral:
      return value >> 16 & 0xfff;
    case Reference::kA32Literal:
      return value & 0xfff;
    case Reference::kThumbShortLiteral:
      return value & 0xff;
    default:
      break;
  }
  const std::uint32_t mask = field_mask(reference);
  if (mask == kAll) return static_cast<std::int32_t>(value);
  return sign_extended((value & mask) >> std::countr_zero(mask), static_cast<unsigned>(std::popcount(mask)));
}

std::uint32_t number_in_field(Reference reference, std::int64_t number) {
  switch (reference) {
    case Reference::kA64Page:
    case Reference::kA64Near:
      return adr_bits(number);
    case Reference::kThumbCall:
    case Reference::kThumbExchange:
      return thumb_bits(static_cast<std::int32_t>(number));
    case Reference::kThumbBranch:
      return thumb_branch_bits(number);
    default:
      break;
  }
  const std::uint32_t mask = field_mask(reference);
  if (mask == kAll) return static_cast<std::uint32_t>(number);
  return static_cast<std::uint32_t>(number) << std::countr_zero(mask) & mask;
}

std::uint64_t with_target(const Field& field, std::uint64_t old, std::uint64_t target,
                          std::uint64_t address) {
  std::uint64_t number = 0;
  switch (field.reference) {
    case Reference::kNone:
      return old;
    case Reference::kPointer64:
      return target;
    case Reference::kA64Page:
      number = (target >> 12) - (address >> 12);
      break;
    case Reference::kA64PageAdd:
    case Reference::kA64PageLoad:
      number = (target & 0xfff) >> field.scale;
      break;
    default:
      number = static_cast<std::uint64_t>(static_cast<std::int64_t>(target - counted_from(field, address)) >>
                                          unit_of(field.reference));
      break;
  }
  return (static_cast<std::uint32_t>(old) & ~field_mask(field.reference)) |
         number_in_field(field.reference, static_cast<std::int64_t>(number));
}

std::optional<std::uint64_t> target_of(const Field& field, std::uint64_t value, std::uint64_t address) {
  const auto word = static_cast<std::uint32_t>(value);
  switch (field.reference) {
    case Reference::kNone:
    case Reference::kA64Page:
    case Reference::kA64PageAdd:
    case Reference::kA64PageLoad:
      return std::nullopt;
    case Reference::kPointer64:
      return value;
    case Reference::kPointer32:
    case Reference::kOffset32:
      return counted_from(field, address) + word;
    default:
      break;
  }
  const auto number = static_cast<std::uint64_t>(field_number(field.reference, word));
  return counted_from(field, address) + (number << unit_of(field.reference));
}

Reference a64_reference(std::uint32_t word) {
  if ((word & 0xfc000000u) == 0x94000000u) return Reference::kA64Call;
  if ((word & 0xfc000000u) == 0x14000000u) return Reference::kA64Jump;
  if ((word & 0xff000010u) == 0x54000000u || (word & 0x7e000000u) == 0x34000000u)
    return Reference::kA64Branch;
  if ((word & 0x7e000000u) == 0x36000000u) return Reference::kA64Test;
  if ((word & 0x9f000000u) == 0x90000000u) return Reference::kA64Page;
  if ((word & 0x3b000000u) == 0x18000000u) return Reference::kA64Literal;
  if ((word & 0x9f000000u) == 0x10000000u) return Reference::kA64Near;
  if ((word & 0xffc00000u) == 0x91000000u) return Reference::kA64PageAdd;
  if ((word & 0x3b000000u) == 0x39000000u) return Reference::kA64PageLoad;
  return Reference::kNone;
}

std::uint64_t adrp_page(std::uint32_t word, std::uint64_t address) {
  return (address & ~std::uint64_t{0xfff}) + static_cast<std::uint64_t>(adr_number(word) * 4096);
}

std::uint8_t a64_load_scale(std::uint32_t word) {
  const bool vector = (word & 0x04000000u) != 0;
  if (vector && (word >> 22 & 3) >= 2 && word >> 30 == 0) return 4;
  return static_cast<std::uint8_t>(word >> 30);
}

std::uint32_t a64_low_bits(std::uint32_t word) {
  const std::uint32_t number = word >> 10 & 0xfff;
  return a64_reference(word) == Reference::kA64PageLoad ? number << a64_load_scale(word) : number;
}

Reference a32_reference(std::uint32_t word) {
  const bool conditional = word >> 28 != 15;
  if (conditional && (word & 0x0f000000u) == 0x0b000000u) return Reference::kA32Call;
  if (conditional && (word & 0x0f000000u) == 0x0a000000u) return Reference::kA32Jump;
  if (conditional && (word & 0x0fff0000u) == 0x059f0000u) return Reference::kA32Literal;
  return Reference::kNone;
}

Reference thumb_reference(std::uint32_t word) {
  if ((word & 0xffffu) == 0xf8dfu) return Reference::kThumbLiteral;
  if ((word & 0xf800u) != 0xf000u) return Reference::kNone;
  const std::uint32_t second = word >> 16;
  if ((second & 0x9000u) == 0x9000u) return Reference::kThumbCall;
  if ((second & 0xd001u) == 0xc000u) return Reference::kThumbExchange;
  const bool conditional = (word & 0x380u) != 0x380u;
  return (second & 0xd000u) == 0x8000u && conditional ? Reference::kThumbBranch : Reference::kNone;
}

Reference thumb_short_reference(std::uint16_t halfword) {
  if (halfword >> 11 == 0x09) return Reference::kThumbShortLiteral;
  if (halfword >> 11 == 0x1c) return Reference::kThumbShortJump;
  // The conditions 14 and 15 are other instructions.
  return halfword >> 12 == 13 && (halfword >> 9 & 7) != 7 ? Reference::kThumbShortBranch : Reference::kNone;
}

std::uint32_t reference_class(Reference reference) {
  switch (reference) {
    case Reference::kA32Call:
      return static_cast<std::uint32_t>(Reference::kA64Call);
    case Reference::kA32Jump:
    case Reference::kThumbBranch:
      return static_cast<std::uint32_t>(Reference::kA64Branch);
    case Reference::kA32Literal:
    case Reference::kThumbLiteral:
    case Reference::kThumbShortLiteral:
      return static_cast<std::uint32_t>(Reference::kA64Literal);
    case Reference::kThumbShortJump:
    case Reference::kThumbShortBranch:
      return static_cast<std::uint32_t>(Reference::kA64Test);
    case Reference::kThumbExchange:
      return static_cast<std::uint32_t>(Reference::kA64Jump);
    case Reference::kRelative31:
      return static_cast<std::uint32_t>(Reference::kRelative32);
    case Reference::kX86Operand:
      return static_cast<std::uint32_t>(Reference::kX64Operand);
    default:
      return static_cast<std::uint32_t>(reference);
  }
}

}  // namespace skiff
