// Tokens: the units in which copied bytes are predicted; the base's bytes alone decide where they begin and
// end.
#pragma once

#include <cstdint>

#include "predict/address_map.hpp"
#include "predict/base_chunk.hpp"
#include "predict/reference.hpp"

namespace skiff {

struct Token {
  std::uint64_t base_offset = 0;
  std::uint32_t length = 0;    ///< bytes, 1 to 8
  bool data = false;           ///< a word of a table or of unknown bytes, not an instruction
  std::uint8_t page_back = 0;  ///< of the users of an ADRP: how many instructions before it
  Field field;
  std::uint64_t old = 0;      ///< the base's bytes, little-endian
  std::uint64_t target = 0;   ///< what the field reaches, if there is one
  std::uint64_t address = 0;  ///< of the base's bytes; only with a field

  [[nodiscard]] bool is_reference() const { return field.reference != Reference::kNone; }
};

/// Cuts base bytes into tokens, within one typed range.
class Tokenizer {
 public:
  /// `range` is the typed range, `space` its space or null (then there are no references). Both outlive the
  /// tokenizer.
  Tokenizer(const BaseChunk& bytes, const AddressMap& addresses, const Space* space, const TypedRange& range)
      : bytes_(bytes), addresses_(addresses), space_(space), range_(range) {}

  /// The token at `offset`, which ends at `end` at the latest; offset < end, both within the range and the
  /// chunk.
  [[nodiscard]] Token next(std::uint64_t offset, std::uint64_t end) const;

 private:
  [[nodiscard]] Token a64(std::uint64_t offset, std::uint64_t end) const;
  [[nodiscard]] Token x64(std::uint64_t offset, std::uint64_t end) const;
  [[nodiscard]] Token thumb(std::uint64_t offset, std::uint64_t end) const;
  [[nodiscard]] Token a32(std::uint64_t offset, std::uint64_t end) const;
  [[nodiscard]] Token table(std::uint64_t offset, std::uint64_t end) const;
  [[nodiscard]] Token word(std::uint64_t offset, std::uint64_t end) const;
  [[nodiscard]] bool in_space(std::uint64_t target) const;
  [[nodiscard]] bool complete_page(Token& token) const;
  [[nodiscard]] bool find_page(Token& token) const;
  [[nodiscard]] Field x64_field(std::uint64_t offset, std::uint64_t end, std::uint64_t address) const;
  [[nodiscard]] Field x86_operand(std::uint64_t offset, std::uint64_t address) const;
  [[nodiscard]] Reference thumb_wide(std::uint32_t word, std::uint64_t address) const;
  [[nodiscard]] Reference literal(std::uint32_t word, std::uint64_t address) const;
  void refer(Token& token, const Field& field, std::uint32_t length, std::uint64_t address) const;

  const BaseChunk& bytes_;
  const AddressMap& addresses_;
  const Space* space_;
  const TypedRange& range_;
};

}  // namespace skiff
