#include "predict/token.hpp"

#include <algorithm>

namespace skiff {
namespace {

constexpr std::uint64_t kPageReach = 16;  ///< instructions between an ADRP and its user
constexpr std::uint32_t kLeastDistance =
    65536;  ///< smaller numbers in distance tables are not taken for references
constexpr std::uint64_t kLeastPointer = 0x1000;

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
      token = x64(offset, end);
      break;
    case Kind::kThumb:
      token = thumb(offset, end);
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

Reference Tokenizer::x64_reference(std::uint64_t offset, std::uint64_t end, std::uint64_t address) const {
  if (offset < 2 || end - offset < 4) return Reference::kNone;
  const std::uint8_t before = bytes_.u8(offset - 1);
  Reference reference = Reference::kNone;
  if (before == 0xE8) {
    reference = Reference::kX64Call;
  } else if (before == 0xE9) {
    reference = Reference::kX64Jump;
  } else if (bytes_.u8(offset - 2) == 0x0F && (before & 0xF0) == 0x80) {
    reference = Reference::kX64Branch;
  } else if ((before & 0xC7) == 0x05) {
    reference = Reference::kX64Operand;
  } else {
    return reference;
  }
  const std::uint32_t distance = bytes_.u32(offset);
  if (distance == 0 || distance == 0xffffffffu) return Reference::kNone;
  return in_space(*target_of({reference, 0, 0}, distance, address)) ? reference : Reference::kNone;
}

Token Tokenizer::x64(std::uint64_t offset, std::uint64_t end) const {
  Token token;
  token.length = 1;
  const auto address = addresses_.address_of(offset);
  if (address && space_) {
    const Reference reference = x64_reference(offset, end, *address);
    if (reference != Reference::kNone) {
      token.length = 4;
      token.field.reference = reference;
      token.address = *address;
      token.target = *target_of(token.field, bytes_.u32(offset), *address);
      return token;
    }
  }
  while (token.length < 4 && offset + token.length < end) {
    if (address && space_ &&
        x64_reference(offset + token.length, end, *address + token.length) != Reference::kNone)
      break;
    ++token.length;
  }
  return token;
}

Token Tokenizer::thumb(std::uint64_t offset, std::uint64_t end) const {
  Token token;
  const auto known = addresses_.address_of(offset);
  const std::uint64_t address = known.value_or(offset);
  token.length = static_cast<std::uint32_t>(std::min(2 - (address & 1), end - offset));
  if (!known || end - offset < 4 || (address & 1) != 0) return token;
  const std::uint32_t word = bytes_.u32(offset);
  Field field;
  if ((address & 3) == 0 && in_space(word)) {
    field.reference = Reference::kPointer32;
  } else if (is_thumb_call(word)) {
    field.reference = Reference::kThumbCall;
  } else {
    return token;
  }
  const std::uint64_t target = *target_of(field, word, address);
  if (!in_space(target)) return token;
  token.length = 4;
  token.field = field;
  token.address = address;
  token.target = target;
  return token;
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
  token.target = *target_of(token.field, wide ? bytes_.u64(offset) : small, *address);
  const bool distance = range_.kind == Kind::kRelative32 || range_.kind == Kind::kOffset32;
  if (distance && small + kLeastDistance <= 2 * kLeastDistance) return word(offset, end);
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
