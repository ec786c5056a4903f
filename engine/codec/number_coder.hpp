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
 public:
  explicit NumberCoder(SlotTable& slots) : bits_(kShape, slots) {}
  void reset() { bits_.reset(); }
  static std::size_t memory() { return ContextGroup::memory(kShape); }

  /// A number below 2^64 − 1; the argument is ignored when decoding.
  template <class Coder>
  std::uint64_t code(Coder& coder, std::uint64_t value, const NumberContext& context) {
    const unsigned length = code_length(coder, value, context);
    std::uint64_t number = 1;
    for (unsigned bit = length; bit-- > 0;) {
      const std::uint32_t known = shape_of(number, length, bit);
      const bool one = code_bit(coder, (value + 1) >> bit & 1, context, {100 + length, bit, known});
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
  struct Step {
    std::uint32_t phase;
    std::uint32_t bit;
    std::uint32_t known;
  };
  static constexpr ContextGroup::Shape kShape{1, 6, kNumberKinds, kNumberKinds, 1311};

  /// Bits after the leading one of value + 1.
  template <class Coder>
  unsigned code_length(Coder& coder, std::uint64_t value, const NumberContext& context) {
    const auto length = static_cast<unsigned>(std::bit_width(value + 1)) - 1;
    unsigned at = 0;
    while (at < 63 && code_bit(coder, at < length, context, {0, at, 0})) ++at;
    return at;
  }
  /// What of the bits so far is worth a context of its own: all in short numbers, the first few in long ones.
  static std::uint32_t shape_of(std::uint64_t number, unsigned length, unsigned bit) {
    const auto low = static_cast<std::uint32_t>(number);
    if (length < 12 && length - bit <= 6) return low + 5000;
    if (length - bit <= 3) return low;
    return bit < 2 ? (low & 3) + 4 * bit + 1000 : 2000 + bit;
  }
  template <class Coder>
  bool code_bit(Coder& coder, bool bit, const NumberContext& c, const Step& step) {
    const std::uint32_t base = mix(c.kind, step.phase, mix(step.bit, step.known));
    const std::array<std::uint32_t, 6> contexts{base,
                                                mix(base, c.first, 1),
                                                mix(base, c.second, 2),
                                                mix(base, c.first, c.second + 3),
                                                mix(base, c.alignment, 4),
                                                mix(base, c.first, c.alignment + 5)};
    bits_.select(contexts);
    return bits_.code(coder, bit, 1, c.kind, c.kind);
  }

  ContextGroup bits_;
};

}  // namespace skiff
