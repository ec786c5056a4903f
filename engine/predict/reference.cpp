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

/// The number that a field at `address` must hold to reach `target`, for fields that hold a distance in some
/// unit.
std::int64_t distance(const Field& field, std::uint64_t target, std::uint64_t address) {
  const auto bytes = static_cast<std::int64_t>(target - address);
  switch (field.reference) {
    case Reference::kA64Page:
      return static_cast<std::int64_t>((target >> 12) - (address >> 12));
    case Reference::kA64Near:
      return bytes;
    case Reference::kThumbCall:
      return static_cast<std::int64_t>(target - (address + 4));
    default:
      return bytes >> 2;
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
      return 0x2fff07ffu;
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
      return thumb_number(value);
    case Reference::kA64PageAdd:
    case Reference::kA64PageLoad:
      return value >> 10 & 0xfff;
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
      return thumb_bits(static_cast<std::int32_t>(number));
    default:
      break;
  }
  const std::uint32_t mask = field_mask(reference);
  if (mask == kAll) return static_cast<std::uint32_t>(number);
  return static_cast<std::uint32_t>(number) << std::countr_zero(mask) & mask;
}

std::uint64_t with_target(const Field& field, std::uint64_t old, std::uint64_t target,
                          std::uint64_t address) {
  switch (field.reference) {
    case Reference::kNone:
      return old;
    case Reference::kPointer64:
      return target;
    case Reference::kPointer32:
      return static_cast<std::uint32_t>(target);
    case Reference::kRelative32:
      return static_cast<std::uint32_t>(target - address);
    case Reference::kOffset32:
      return static_cast<std::uint32_t>(target - field.origin);
    case Reference::kX64Call:
    case Reference::kX64Jump:
    case Reference::kX64Branch:
    case Reference::kX64Operand:
      return static_cast<std::uint32_t>(target - (address + 4));
    default:
      break;
  }
  const std::uint32_t mask = field_mask(field.reference);
  const bool low_bits =
      field.reference == Reference::kA64PageAdd || field.reference == Reference::kA64PageLoad;
  const std::int64_t number = low_bits ? static_cast<std::int64_t>((target & 0xfff) >> field.scale)
                                       : distance(field, target, address);
  return (static_cast<std::uint32_t>(old) & ~mask) | number_in_field(field.reference, number);
}

std::optional<std::uint64_t> target_of(const Field& field, std::uint64_t value, std::uint64_t address) {
  const auto word = static_cast<std::uint32_t>(value);
  const auto signed_word =
      static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(word)));
  switch (field.reference) {
    case Reference::kNone:
    case Reference::kA64Page:
    case Reference::kA64PageAdd:
    case Reference::kA64PageLoad:
      return std::nullopt;
    case Reference::kPointer64:
      return value;
    case Reference::kPointer32:
      return word;
    case Reference::kRelative32:
      return address + signed_word;
    case Reference::kOffset32:
      return field.origin + word;
    case Reference::kX64Call:
    case Reference::kX64Jump:
    case Reference::kX64Branch:
    case Reference::kX64Operand:
      return address + 4 + signed_word;
    case Reference::kThumbCall:
      return address + 4 + static_cast<std::uint64_t>(std::int64_t{thumb_number(word)});
    case Reference::kA64Near:
      return address + static_cast<std::uint64_t>(adr_number(word));
    default:
      return address + static_cast<std::uint64_t>(field_number(field.reference, word) * 4);
  }
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

}  // namespace skiff
