// Literals among instructions of four bytes: word by word, the top byte first, as that is the one that says
// what the others are (FORMAT.md, section 12.2).
#pragma once

#include "codec/history.hpp"
#include "entropy/context_mixing.hpp"

namespace skiff {

class WordCoder {
  static constexpr std::uint32_t kContexts = 7;
  static constexpr std::uint32_t kExpectedContext = 4;
  static constexpr GroupShape kShape{6, kContexts, {4 * 8, 256, 256}, 1475};
  using Hashes = std::array<std::uint32_t, kContexts>;

 public:
  explicit WordCoder(SlotTable& slots) : bits_(slots) {}
  void reset() { bits_.reset(); }
  static std::size_t memory() { return ContextGroup<kShape>::memory(); }

  /// One little-endian word; the caller pushes its bytes to `history` afterwards. `left`: the base's word if
  /// the copy before went on; bytes that the base does not have are 0.
  template <class Coder>
  std::uint32_t code(Coder& coder, std::uint32_t value, std::uint32_t left, const History& history) {
    const History::ExpectedWord word = history.expected_word();
    const std::uint32_t before = history.word_back(4);
    std::uint32_t known = 0;
    for (std::uint32_t k = 4; k-- > 0;) {
      const std::uint32_t shift = 8 * k;
      const bool follows = agrees(word.word, known, k);
      const History::Expected expected{static_cast<std::uint8_t>(word.word >> shift), word.length};
      const auto selectors = [&](std::uint32_t partial, unsigned bit) -> Selectors {
        const std::uint32_t state = follows ? expected.state(partial, bit) : 0;
        if (expected.length > 0) bits_.select_one(kExpectedContext, expected.hash(state, bit));
        return {8 * k + state, partial, before >> 24};
      };
      const Hashes hashes = contexts_of(left, history, known, k);
      known = known << 8 | bits_.code_byte(coder, value >> shift & 0xff, hashes, selectors);
    }
    bits_.settle();
    return known;
  }

 private:
  /// Whether a word's bytes above byte k are those known.
  static bool agrees(std::uint32_t word, std::uint32_t known, std::uint32_t k) {
    return (std::uint64_t{word} >> (8 * k + 8)) == known;
  }
  static Hashes contexts_of(std::uint32_t left, const History& history, std::uint32_t known, std::uint32_t k);

  ContextGroup<kShape> bits_;
};

}  // namespace skiff
