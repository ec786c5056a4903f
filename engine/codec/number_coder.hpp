// Numbers, bit by bit: how many bits they have in unary, then the bits below the first, each mixed from six
// contexts.
#pragma once

#include <bit>

#include "entropy/context_mixing.hpp"

namespace skiff {

/// What is known before a number is read.
struct NumberContext {
  std::uint32_t kind = 0;   ///< which number this is, below kNumberKinds
  std::uint32_t first = 0;  ///< two things that it may depend on
  std::uint32_t second = 0;
  std::uint32_t alignment = 0;
};

inline constexpr std::uint32_t kNumberKinds = 48;

class NumberCoder {
  static constexpr GroupShape kShape{1, 4, {kNumberKinds, kNumberKinds, 1}, 1966};

 public:
  explicit NumberCoder(SlotTable& slots) : bits_(slots) {}
  void reset() { bits_.reset(); }
  static std::size_t memory() { return ContextGroup<kShape>::memory(); }

  /// A number below 2^64 − 1; the argument is ignored when decoding.
  template <class Coder>
  std::uint64_t code(Coder& coder, std::uint64_t value, const NumberContext& context) {
    const unsigned length = code_length(coder, value, context);
    std::uint64_t number = 1;
    for (unsigned bit = length; bit-- > 0;) {
      const unsigned place = (length - 1 - bit) % kGroup;
      if (place == 0) select(context, 100 + length, known(number, length, bit));
      const auto node = static_cast<std::uint32_t>((number & ((1u << place) - 1)) | 1u << place);
      const bool one = bits_.code(coder, (value + 1) >> bit & 1, node, {context.kind, context.kind, 0});
      number = number << 1 | (one ? 1 : 0);
    }
    return number - 1;
  }
  /// A number of either sign.
  template <class Coder>
  std::int64_t code_signed(Coder& coder, std::int64_t value, const NumberContext& context) {
    const std::uint64_t folded =
        (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    const std::uint64_t number = code(coder, folded, context);
    return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
  }

 private:
  static constexpr unsigned kGroup = 4;   ///< bits below the leading one share their contexts by so many
  static constexpr unsigned kUnary = 15;  ///< and so do those of the length
  static constexpr unsigned kShort = 12;  ///< lengths of numbers all of whose bits are worth remembering

  /// Bits after the leading one of value + 1.
  template <class Coder>
  unsigned code_length(Coder& coder, std::uint64_t value, const NumberContext& context) {
    const auto length = static_cast<unsigned>(std::bit_width(value + 1)) - 1;
    unsigned at = 0;
    for (; at < 63; ++at) {
      if (at % kUnary == 0) select(context, at, 0);
      if (!bits_.code(coder, at < length, 1 + at % kUnary, {context.kind, context.kind, 0})) break;
    }
    return at;
  }
  /// What of the bits so far is worth a context: all in short numbers, where they stand in long ones.
  static std::uint32_t known(std::uint64_t number, unsigned length, unsigned bit) {
    return length < kShort ? static_cast<std::uint32_t>(number) : bit + 4096;
  }
  void select(const NumberContext& c, std::uint32_t phase, std::uint32_t known) {
    const std::uint32_t base = mix(c.kind, phase, known);
    bits_.select(
        {base, mix(base, c.first, c.second), mix(base, c.alignment), mix(base, c.first, c.alignment)});
  }

  ContextGroup<kShape> bits_;
};

}  // namespace skiff
