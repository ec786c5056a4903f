// Tokens of copies: is it as predicted; if not, is it another candidate, a field off by a number, or other
// bytes.
#pragma once

#include <algorithm>
#include <bit>

#include "codec/history.hpp"
#include "codec/number_coder.hpp"
#include "codec/wire_part.hpp"
#include "predict/predictor.hpp"

namespace skiff {

/// What is known of a token's surroundings.
struct TokenContext {
  std::uint32_t before = 0;  ///< the base's four bytes before the token
  std::uint32_t after = 0;   ///< and after it
  std::uint64_t copied = 0;  ///< bytes since the copy began, or since the segment did
  std::uint64_t copy_length = 0;
  const History* history = nullptr;
};

class TokenCoder {
 public:
  TokenCoder(SlotTable& slots, NumberCoder& numbers);
  void reset();
  static std::size_t memory();

  /// Of the last three tokens, how many were not as predicted.
  [[nodiscard]] std::uint32_t recent_misses() const {
    return (misses_ & 1) + (misses_ >> 1 & 1) + (misses_ >> 2 & 1);
  }
  /// Copied bytes that need no flags came between.
  void skip() { misses_ = 0; }

  /// The token's value; the argument is ignored when decoding.
  template <class Coder>
  std::uint64_t code(Coder& coder, std::uint64_t value, const Token& token, const Prediction& prediction,
                     const TokenContext& context) {
    const State state = state_of(token, prediction);
    const std::uint64_t guess = prediction.candidates[0].value;
    const bool hit = code_hit(coder, value == guess, state, token, prediction, context);
    misses_ = misses_ << 1 | (hit ? 0 : 1);
    if (hit) return guess;
    value = code_miss(coder, value, state, token, prediction, context);
    last_old_ = static_cast<std::uint32_t>(token.old);
    last_new_ = static_cast<std::uint32_t>(value);
    return value;
  }

 private:
  struct State {
    std::uint32_t kind = 0;      ///< token_class()
    std::uint32_t primary = 0;   ///< source and confidence of the primary candidate
    std::uint32_t agreeing = 0;  ///< bit set of the sources that say the same
    std::uint32_t others = 0;    ///< number of candidates that say something else
    std::uint32_t fast_cell = 0;
    std::uint32_t word_cell = 0;
  };
  static constexpr std::uint32_t kFastCells = 8192;
  static constexpr std::uint32_t kWordCells = 16384;
  static constexpr std::uint16_t kFastInitial = 60000;
  static constexpr std::uint16_t kFastThreshold = 65000;
  static constexpr std::uint32_t kFastCeiling = 65500;
  static constexpr std::uint8_t kWordMemory = 4;
  static constexpr GroupShape kHitShape{0, 7, {21 * 4, 21 * 2, 256}, 1966};
  static constexpr GroupShape kOtherShape{4, 5, {2 * 21, 2 * 21, 1}, 1966};
  static constexpr GroupShape kByteShape{3, 7, {8 * 3 * 8, 256, 21 * 8 * 3}, 1475};

  [[nodiscard]] State state_of(const Token& token, const Prediction& prediction) const;

  template <class Coder>
  bool code_hit(Coder& coder, bool hit, const State& state, const Token& token, const Prediction& prediction,
                const TokenContext& context) {
    std::uint16_t& fast = fast_[state.fast_cell];
    std::uint8_t& word = missed_words_[state.word_cell];
    announce(coder, WirePart::kHits);
    const bool certain = !token.is_reference() || prediction.certainty != Certainty::kFar;
    if (fast > kFastThreshold && word == 0 && certain) {
      hit = coder.code(hit, std::min<std::uint32_t>(fast, kFastCeiling));
    } else {
      select_hit(state, token, prediction, context);
      hit = hits_.code(
          coder, hit, 0,
          {state.kind * 4 + (misses_ & 3), state.kind * 2 + (state.others > 0 ? 1 : 0), misses_ & 255});
    }
    fast = static_cast<std::uint16_t>(hit ? fast + ((65535 - fast) >> 7) : fast - (fast >> 7));
    word = hit ? static_cast<std::uint8_t>(word - (word > 0 ? 1 : 0)) : kWordMemory;
    return hit;
  }

  template <class Coder>
  std::uint64_t code_miss(Coder& coder, std::uint64_t value, const State& state, const Token& token,
                          const Prediction& prediction, const TokenContext& context) {
    announce(coder, WirePart::kOthers);
    for (std::uint32_t i = 1; i < prediction.count; ++i) {
      if (tried_before(prediction, i)) continue;
      const std::uint64_t other = prediction.candidates[i].value;
      select_other(state, token, prediction, i);
      if (others_.code(coder, value == other, 0, {state.kind, state.kind, 0})) return other;
    }
    if (token.is_reference() && token.length == 4) {
      const std::uint64_t mask = field_mask(token.field.reference);
      const std::uint64_t guess = prediction.candidates[0].value;
      select_opcode(state, prediction);
      if (others_.code(coder, ((value ^ guess) & ~mask & 0xffffffffu) == 0, 0,
                       {21 + state.kind, 21 + state.kind, 0})) {
        return code_field(coder, value, state, token, prediction);
      }
    }
    return code_bytes(coder, value, token, prediction, context);
  }

  template <class Coder>
  std::uint64_t code_field(Coder& coder, std::uint64_t value, const State& state, const Token& token,
                           const Prediction& prediction) {
    announce(coder, WirePart::kFields);
    const Reference reference = token.field.reference;
    const auto guess = static_cast<std::uint32_t>(prediction.candidates[0].value);
    const std::int64_t from = field_number(reference, guess);
    const std::int64_t to = field_number(reference, static_cast<std::uint32_t>(value));
    std::uint32_t& last = last_distance_[state.kind];
    const NumberContext context{24 + state.kind, static_cast<std::uint32_t>(prediction.certainty),
                                std::min(last, 40u), 0};
    const std::int64_t off = numbers_.code_signed(coder, wrapped(to, -from), context);
    last = off == 0 ? 0
                    : 1 + static_cast<std::uint32_t>(
                              std::bit_width(static_cast<std::uint64_t>(off < 0 ? -off : off)));
    return (guess & ~field_mask(reference)) | number_in_field(reference, wrapped(from, off));
  }

  /// Byte by byte, the highest first.
  template <class Coder>
  std::uint64_t code_bytes(Coder& coder, std::uint64_t value, const Token& token,
                           const Prediction& prediction, const TokenContext& context) {
    announce(coder, WirePart::kBytes);
    const std::uint64_t guess = prediction.candidates[0].value;
    std::uint64_t known = 0;
    for (std::uint32_t k = token.length; k-- > 0;) {
      const ByteHashes hashes = byte_contexts(token, guess, known, k, context);
      const std::uint32_t expected = guess >> (8 * k) & 0xff;
      const std::uint32_t shape = (std::min(k, 7u) * 3) * 8 + std::min(token_class(token), 7u);
      const auto selectors = [&](std::uint32_t partial, unsigned bit) -> Selectors {
        const bool on_track = ((expected | 256u) >> (bit + 1)) == partial;
        const std::uint32_t says = on_track ? 1 + (expected >> bit & 1) : 0;
        return {shape + says * 8, partial, (token_class(token) * 8 + k) * 3 + says};
      };
      known = known << 8 | bytes_.code_byte(coder, value >> (8 * k) & 0xff, hashes, selectors);
    }
    bytes_.settle();
    return known;
  }

  static constexpr std::uint32_t kByteContexts = 7;
  using ByteHashes = std::array<std::uint32_t, kByteContexts>;

  /// The sum as a 32-bit field holds it; the second number may come off the wire and be any.
  static std::int64_t wrapped(std::int64_t a, std::int64_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
  }
  static bool tried_before(const Prediction& prediction, std::uint32_t index);
  void select_hit(const State& state, const Token& token, const Prediction& prediction,
                  const TokenContext& context);
  void select_other(const State& state, const Token& token, const Prediction& prediction,
                    std::uint32_t index);
  void select_opcode(const State& state, const Prediction& prediction);
  ByteHashes byte_contexts(const Token& token, std::uint64_t guess, std::uint64_t known, std::uint32_t k,
                           const TokenContext& context) const;

  ContextGroup<kHitShape> hits_;
  ContextGroup<kOtherShape> others_;
  ContextGroup<kByteShape> bytes_;
  NumberCoder& numbers_;
  std::vector<std::uint16_t> fast_;
  std::vector<std::uint8_t> missed_words_;
  std::array<std::uint32_t, kReferenceClasses + 2> last_distance_{};
  std::uint32_t misses_ = 0;  ///< the last tokens, newest lowest: 1 where the prediction failed
  std::uint32_t last_old_ = 0;
  std::uint32_t last_new_ = 0;
};

}  // namespace skiff
