// References: the fields of instructions and tables that hold an address, how to read one and how to write
// another.
//
// Encodings: Arm ARM DDI 0487 (A64: C4, C6), DDI 0406 (T32: A6), Intel SDM volume 2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace skiff {

/// What kind of field holds the address.
enum class Reference : std::uint8_t {
  kNone = 0,
  kA64Call,            ///< BL, 26 bits of words from itself
  kA64Jump,            ///< B, likewise
  kA64Branch,          ///< B.cond, CBZ, CBNZ: 19 bits of words
  kA64Test,            ///< TBZ, TBNZ: 14 bits of words
  kA64Page,            ///< ADRP: 21 bits of pages; its target is completed by the instruction that uses it
  kA64PageAdd,         ///< ADD immediate after an ADRP: the low 12 bits
  kA64PageLoad,        ///< LDR/STR unsigned offset after an ADRP: the low 12 bits, scaled
  kA64Literal,         ///< LDR literal: 19 bits of words
  kA64Near,            ///< ADR: 21 bits of bytes
  kX64Call,            ///< E8 rel32
  kX64Jump,            ///< E9 rel32
  kX64Branch,          ///< 0F 8x rel32
  kX64Operand,         ///< ModRM rip+disp32
  kThumbCall,          ///< BL or B.W (T4), 25 bits of halfwords
  kPointer32,          ///< an address
  kPointer64,          ///< an address
  kRelative32,         ///< distance from the field to the address
  kOffset32,           ///< distance from an origin
  kA32Call,            ///< BL<c>, 24 bits of words
  kA32Jump,            ///< B<c>, likewise
  kA32Literal,         ///< LDR literal: 12 bits of bytes onwards
  kThumbExchange,      ///< BLX: as BL, from a multiple of four
  kThumbBranch,        ///< B<c>.W (T3), 21 bits
  kThumbLiteral,       ///< LDR.W literal: 12 bits of bytes onwards, from a multiple of four
  kRelative31,         ///< distance from the field to the address, below a top bit of 0
  kThumbShortLiteral,  ///< LDR literal (T1): 8 bits of words onwards, from a multiple of four
  kThumbShortJump,     ///< B (T2): 11 bits of halfwords
  kThumbShortBranch,   ///< B<c> (T1): 8 bits of halfwords
  kX86Operand,         ///< disp32 of a register that holds the origin
};
inline constexpr std::uint8_t kReferences = 30;

/// A field of a token, ready to be read for a target and written for another.
struct Field {
  Reference reference = Reference::kNone;
  std::uint8_t scale = 0;    ///< of kA64PageLoad: log2 of the unit
  std::uint64_t origin = 0;  ///< of kOffset32 and kX86Operand: the address that is distance 0
};

/// References that behave alike, or are never in one image, share their statistics: the number of the one
/// that they count as.
std::uint32_t reference_class(Reference reference);
inline constexpr std::uint32_t kReferenceClasses = 19;

/// The bits of a 32-bit token that hold the field; all of a table entry.
std::uint32_t field_mask(Reference reference);

/// The token's value if its field is to reach `target` from `address`, its other bits those of `old`.
std::uint64_t with_target(const Field& field, std::uint64_t old, std::uint64_t target, std::uint64_t address);

/// The target that the field of `value` at `address` reaches; nothing for kA64Page, kA64PageAdd and
/// kA64PageLoad, which need each other.
std::optional<std::uint64_t> target_of(const Field& field, std::uint64_t value, std::uint64_t address);

/// The field as a signed number in its own unit, and back into place (other bits 0).
std::int64_t field_number(Reference reference, std::uint32_t value);
std::uint32_t number_in_field(Reference reference, std::int64_t number);

// x64 instructions.

/// What a byte of x64 code says of the four bytes after it: the last of the opcode of a call, jump or branch,
/// or the ModRM byte of an operand relative to the instruction.
enum class Precedes : std::uint8_t { kNothing, kField, kFieldAfter0F };
inline constexpr std::array<Precedes, 256> kX64Precedes = [] {
  std::array<Precedes, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    if ((byte & 0xF0) == 0x80) table[byte] = Precedes::kFieldAfter0F;
    if (byte == 0xE8 || byte == 0xE9 || (byte & 0xC7) == 0x05) table[byte] = Precedes::kField;
  }
  return table;
}();

// A64 instructions, one word each.

/// Instructions between an ADRP and its user, at most.
inline constexpr std::uint64_t kPageReach = 16;

/// The reference an A64 instruction holds by its opcode alone; kNone for none.
Reference a64_reference(std::uint32_t word);
inline bool is_adrp(std::uint32_t word) { return (word & 0x9f000000u) == 0x90000000u; }
inline std::uint32_t a64_destination(std::uint32_t word) { return word & 31; }
inline std::uint32_t a64_source(std::uint32_t word) { return (word >> 5) & 31; }
/// The page that an ADRP at `address` forms.
std::uint64_t adrp_page(std::uint32_t word, std::uint64_t address);
/// log2 of the unit of an unsigned-offset load or store.
std::uint8_t a64_load_scale(std::uint32_t word);
/// The byte offset that an ADD immediate or an unsigned-offset load or store adds.
std::uint32_t a64_low_bits(std::uint32_t word);

// A32 and T32 instructions.

/// The reference an A32 instruction holds by its opcode; kNone for none.
Reference a32_reference(std::uint32_t word);
/// The reference that two halfwords hold as one T32 instruction, the first lowest; kNone for none.
Reference thumb_reference(std::uint32_t word);
/// The reference that one halfword holds as a T32 instruction; kNone for none.
Reference thumb_short_reference(std::uint16_t halfword);

}  // namespace skiff
