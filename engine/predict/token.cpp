#include "predict/token.hpp"

#include <algorithm>

namespace skiff {
namespace {

constexpr std::uint32_t kLeastDistance =
    65536;  ///< smaller numbers in distance tables are not taken for references
constexpr std::uint64_t kLeastPointer = 0x1000;

bool is_near(std::uint32_t distance) { return distance + kLeastDistance <= 2 * kLeastDistance; }

}  // namespace

bool Tokenizer::in_space(std::uint64_t target) const {
  return space_ && target - space_->low < space_->high - space_->low;
}

Token Tokenizer::next(std::uint64_t offset, std::uint64_t end) const {
  Token token;
  switch (range_.kind) {
    case Kind::kA64:
      token = a64(offset, end);
      break;
    case Kind::kX64:
    case Kind::kX86:
      token = x64(offset, end);
      break;
    case Kind::kThumb:
    case Kind::kThumbRelative:
      token = thumb(offset, end);
      break;
    case Kind::kA32:
    case Kind::kA32Relative:
      token = a32(offset, end);
      break;
    case Kind::kRaw:
      token = word(offset, end);
      break;
    default:
      token = table(offset, end);
      break;
  }
  token.base_offset = offset;
  token.old = bytes_.value(offset, token.length);
  return token;
}

Token Tokenizer::a64(std::uint64_t offset, std::uint64_t end) const {
  Token token;
  token.base_offset = offset;
  token.length = static_cast<std::uint32_t>(std::min(4 - (offset & 3), end - offset));
  if (token.length < 4 || !space_) return token;
  const std::uint32_t word = bytes_.u32(offset);
  const Reference reference = a64_reference(word);
  if (reference == Reference::kNone) return token;
  const auto address = addresses_.address_of(offset);
  if (!address) return token;
  token.old = word;
  token.address = *address;
  token.field.reference = reference;
  bool found = true;
  if (reference == Reference::kA64PageAdd || reference == Reference::kA64PageLoad) {
    found = find_page(token);
  } else if ((word & field_mask(reference)) == 0) {
    found = false;  // a relocation still to be applied
  } else if (reference == Reference::kA64Page) {
    found = complete_page(token);
  } else {
    token.target = *target_of(token.field, word, *address);
  }
  if (!found || !in_space(token.target)) token.field = {};
  return token;
}

/// An ADRP reaches what its first user adds to the page.
bool Tokenizer::complete_page(Token& token) const {
  const auto word = static_cast<std::uint32_t>(token.old);
  token.target = adrp_page(word, token.address);
  const std::uint64_t range_end = range_.offset + range_.length;
  for (std::uint64_t k = 1; k <= kPageReach; ++k) {
    const std::uint64_t at = token.base_offset + 4 * k;
    if (at + 4 > range_end) break;
    const std::uint32_t user = bytes_.u32(at);
    const Reference reference = a64_reference(user);
    const bool adds = reference == Reference::kA64PageAdd || reference == Reference::kA64PageLoad;
    if (adds && a64_source(user) == a64_destination(word)) {
      token.target += a64_low_bits(user);
      break;
    }
    if (is_adrp(user) && a64_destination(user) == a64_destination(word)) break;
  }
  return true;
}

/// A user of an ADRP reaches the page of the ADRP before it that made its register.
bool Tokenizer::find_page(Token& token) const {
  const auto word = static_cast<std::uint32_t>(token.old);
  for (std::uint64_t k = 1; k <= kPageReach; ++k) {
    if (token.base_offset < range_.offset + 4 * k) return false;
    const std::uint32_t maker = bytes_.u32(token.base_offset - 4 * k);
    if (!is_adrp(maker) || a64_destination(maker) != a64_source(word)) continue;
    if ((maker & field_mask(Reference::kA64Page)) == 0) return false;
    if (token.field.reference == Reference::kA64PageLoad) token.field.scale = a64_load_scale(word);
    token.target = adrp_page(maker, token.address - 4 * k) + a64_low_bits(word);
    token.page_back = static_cast<std::uint8_t>(k);
    return true;
  }
  return false;
}

Field Tokenizer::x64_field(std::uint64_t offset, std::uint64_t end, std::uint64_t address) const {
  const std::uint8_t before = bytes_.u8(offset - 1);
  if (range_.kind == Kind::kX64 && kX64Precedes[before] == Precedes::kNothing) return {};  // most do
  if (offset < 2 || end - offset < 4) return {};
  const std::uint8_t earlier = bytes_.u8(offset - 2);
  Field field;
  if (before == 0xE8) {
    field.reference = Reference::kX64Call;
  } else if (before == 0xE9) {
    field.reference = Reference::kX64Jump;
  } else if (earlier == 0x0F && (before & 0xF0) == 0x80) {
    field.reference = Reference::kX64Branch;
  } else if (range_.kind == Kind::kX86) {
    return x86_operand(offset, address);
  } else if ((before & 0xC7) == 0x05) {
    field.reference = Reference::kX64Operand;
  }
  if (field.reference == Reference::kNone) return {};
  const std::uint32_t number = bytes_.u32(offset);
  if (number == 0 || number == 0xffffffffu) return {};
  return in_space(*target_of(field, number, address)) ? field : Field{};
}

/// What the four bytes are after those two before them, in 32-bit code.
Field Tokenizer::x86_operand(std::uint64_t offset, std::uint64_t address) const {
  const std::uint32_t before = bytes_.u8(offset - 1);
  const std::uint32_t earlier = bytes_.u8(offset - 2);
  const std::uint32_t number = bytes_.u32(offset);
  if (number == 0 || number == 0xffffffffu) return {};
  // ADD r32, imm32 makes the origin from the address that a call gave.
  const bool adds = (earlier == 0x81 && (before & 0xF8) == 0xC0) || before == 0x05;
  const bool scaled = (earlier & 0xC7) == 0x84;                     // a SIB byte comes between
  const bool based = (before & 0xC0) == 0x80 && (before & 7) != 4;  // [register + disp32]
  const bool moves = (before & 0xF8) == 0xB8 || (before & 0xFC) == 0xA0 || before == 0x68;
  const bool absolute = moves || (before & 0xC7) == 0x05;
  const auto reaches = [&](Reference reference) {
    return in_space(*target_of({reference, 0, range_.origin}, number, address));
  };
  if (adds && reaches(Reference::kRelative32)) return {Reference::kRelative32, 0, range_.origin};
  if ((scaled || based) && !is_near(number) && reaches(Reference::kX86Operand))
    return {Reference::kX86Operand, 0, range_.origin};
  if (absolute && reaches(Reference::kPointer32)) return {Reference::kPointer32, 0, range_.origin};
  return {};
}

Token Tokenizer::x64(std::uint64_t offset, std::uint64_t end) const {
  Token token;
  token.length = 1;
  const auto address = addresses_.address_of(offset);
  if (address && space_) {
    token.field = x64_field(offset, end, *address);
    if (token.is_reference()) {
      token.length = 4;
      token.address = *address;
      token.target = *target_of(token.field, bytes_.u32(offset), *address);
      return token;
    }
  }
  while (token.length < 4 && offset + token.length < end) {
    if (address && space_ &&
        x64_field(offset + token.length, end, *address + token.length).reference != Reference::kNone)
      break;
    ++token.length;
  }
  return token;
}

Token Tokenizer::thumb(std::uint64_t offset, std::uint64_t end) const {
  Token token;
  token.base_offset = offset;
  const auto known = addresses_.address_of(offset);
  const std::uint64_t address = known.value_or(offset);
  token.length = static_cast<std::uint32_t>(std::min(2 - (address & 1), end - offset));
  if (!known || token.length < 2) return token;
  Field field;
  if (end - offset >= 4) field.reference = thumb_wide(bytes_.u32(offset), address);
  if (field.reference != Reference::kNone) {
    refer(token, field, 4, address);
  } else {
    field.reference = thumb_short_reference(static_cast<std::uint16_t>(bytes_.value(offset, 2)));
    refer(token, field, 2, address);
  }
  return token;
}

/// The reference of four bytes that two halfwords look like.
Reference Tokenizer::thumb_wide(std::uint32_t word, std::uint64_t address) const {
  const bool aligned = (address & 3) == 0;
  if (range_.kind == Kind::kThumb && aligned && in_space(word)) return Reference::kPointer32;
  const Reference reference = thumb_reference(word);
  if (reference != Reference::kNone || !aligned) return reference;
  return literal(word, address);
}

Token Tokenizer::a32(std::uint64_t offset, std::uint64_t end) const {
  Token token;
  token.base_offset = offset;
  const auto known = addresses_.address_of(offset);
  const std::uint64_t address = known.value_or(offset);
  token.length = static_cast<std::uint32_t>(std::min(4 - (address & 3), end - offset));
  if (!known || token.length < 4) return token;
  const std::uint32_t word = bytes_.u32(offset);
  Field field;
  field.reference = a32_reference(word);
  if (field.reference == Reference::kNone) field.reference = literal(word, address);
  refer(token, field, 4, address);
  return token;
}

/// What a word of a literal pool holds: an address, or a distance from an instruction near it, which leads to
/// much the same place from the word itself.
Reference Tokenizer::literal(std::uint32_t word, std::uint64_t address) const {
  if (range_.kind == Kind::kA32) return in_space(word) ? Reference::kPointer32 : Reference::kNone;
  if (range_.kind == Kind::kThumb || is_near(word)) return Reference::kNone;
  const auto target = target_of({Reference::kRelative32, 0, 0}, word, address);
  return in_space(*target) ? Reference::kRelative32 : Reference::kNone;
}

/// Makes the token a reference of that length if its target is in the space.
void Tokenizer::refer(Token& token, const Field& field, std::uint32_t length, std::uint64_t address) const {
  const auto target = target_of(field, bytes_.value(token.base_offset, length), address);
  if (!target || !in_space(*target)) return;
  token.length = length;
  token.field = field;
  token.address = address;
  token.target = *target;
}

Token Tokenizer::table(std::uint64_t offset, std::uint64_t end) const {
  const auto address = addresses_.address_of(offset);
  if (!address || !space_) return word(offset, end);
  Token token;
  const std::uint32_t small = bytes_.u32(offset);
  switch (range_.kind) {
    case Kind::kPointer64:
      token.field.reference = Reference::kPointer64;
      break;
    case Kind::kPointer32:
      token.field.reference = Reference::kPointer32;
      break;
    case Kind::kRelative32:
      token.field.reference = Reference::kRelative32;
      break;
    default:
      token.field.reference = Reference::kOffset32;
      break;
  }
  const bool wide = range_.kind == Kind::kPointer64;
  token.length = wide ? 8 : 4;
  if ((*address & (token.length - 1)) != 0 || end - offset < token.length) return word(offset, end);
  token.field.origin = range_.origin;
  token.address = *address;
  if (token.field.reference == Reference::kRelative32 && small >> 30 == 1) {
    token.field.reference = Reference::kRelative31;  // too far for 32 bits
  }
  token.target = *target_of(token.field, wide ? bytes_.u64(offset) : small, *address);
  const bool distance = range_.kind == Kind::kRelative32 || range_.kind == Kind::kOffset32;
  if (distance && is_near(small)) return word(offset, end);
  if (!distance && token.target < kLeastPointer) return word(offset, end);
  return in_space(token.target) ? token : word(offset, end);
}

Token Tokenizer::word(std::uint64_t offset, std::uint64_t end) const {
  Token token;
  token.data = true;
  std::uint64_t address = offset;
  if (range_.kind != Kind::kRaw) address = addresses_.address_of(offset).value_or(offset);
  token.length = static_cast<std::uint32_t>(std::min(4 - (address & 3), end - offset));
  return token;
}

}  // namespace skiff
