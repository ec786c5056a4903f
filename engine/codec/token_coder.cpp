#include "codec/token_coder.hpp"

namespace skiff {
namespace {

std::uint32_t log2_of(std::uint64_t number, std::uint32_t limit) {
  return std::min(static_cast<std::uint32_t>(std::bit_width(number | 1)) - 1, limit);
}

std::uint32_t low_word(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

TokenCoder::TokenCoder(SlotTable& slots, NumberCoder& numbers)
    : hits_(slots),
      others_(slots),
      bytes_(slots),
      numbers_(numbers),
      fast_(kFastCells, kFastInitial),
      missed_words_(kWordCells) {}

void TokenCoder::reset() {
  hits_.reset();
  others_.reset();
  bytes_.reset();
  std::fill(fast_.begin(), fast_.end(), kFastInitial);
  std::fill(missed_words_.begin(), missed_words_.end(), std::uint8_t{0});
  last_distance_ = {};
  misses_ = 0;
  last_old_ = 0;
  last_new_ = 0;
}

std::size_t TokenCoder::memory() {
  return ContextGroup<kHitShape>::memory() + ContextGroup<kOtherShape>::memory() +
         ContextGroup<kByteShape>::memory() + kFastCells * sizeof(std::uint16_t) + kWordCells;
}

TokenCoder::State TokenCoder::state_of(const Token& token, const Prediction& prediction) const {
  State state;
  state.kind = token_class(token);
  const Candidate& primary = prediction.candidates[0];
  state.primary = primary.source * 4u + primary.confidence;
  for (std::uint32_t i = 1; i < prediction.count; ++i) {
    if (prediction.candidates[i].value == primary.value) {
      state.agreeing |= 1u << prediction.candidates[i].source;
    } else {
      ++state.others;
    }
  }
  state.fast_cell = mix(state.kind, state.primary, mix(state.agreeing, state.others, misses_ & 0xff)) >> 19;
  state.word_cell = mix(low_word(token.old), token.length) >> 18;
  return state;
}

void TokenCoder::select_hit(const State& state, const Token& token, const Prediction& prediction,
                            const TokenContext& context) {
  const std::uint32_t old = low_word(token.old);
  const bool reference = token.is_reference();
  const std::uint32_t length = log2_of(context.copy_length, 14);
  const std::array<std::uint32_t, 7> contexts{
      old ^ token.length << 28,
      mix(state.primary, state.agreeing, state.others),
      reference ? prediction.target_key : mix(old >> 8, static_cast<std::uint32_t>(token.base_offset & 7)),
      mix(log2_of(context.copied, 12), length, misses_ & 3, state.primary),
      mix(context.before, old >> (token.data || !reference ? 0 : 24)),
      mix(context.after, old),
      mix(reference || token.data ? 0 : old >> 21, misses_ & 15, state.primary)};
  std::array<std::uint32_t, 7> hashes;
  for (std::uint32_t i = 0; i < hashes.size(); ++i) hashes[i] = mix(contexts[i], state.kind);
  hits_.select_cells(hashes);
}

bool TokenCoder::tried_before(const Prediction& prediction, std::uint32_t index) {
  for (std::uint32_t i = 0; i < index; ++i) {
    if (prediction.candidates[i].value == prediction.candidates[index].value) return true;
  }
  return false;
}

void TokenCoder::select_other(const State& state, const Token& token, const Prediction& prediction,
                              std::uint32_t index) {
  const Candidate& other = prediction.candidates[index];
  const std::uint32_t which = mix(other.source, other.confidence, state.kind);
  const std::array<std::uint32_t, 5> hashes{which, mix(which, state.primary), mix(which, misses_ & 15, index),
                                            mix(which, low_word(token.old)),
                                            mix(which, state.agreeing, state.others)};
  others_.select_cells(hashes);
}

void TokenCoder::select_opcode(const State& state, const Prediction& prediction) {
  const std::uint32_t kind = mix(state.kind, 64);
  const auto certainty = static_cast<std::uint32_t>(prediction.certainty);
  const std::array<std::uint32_t, 5> hashes{kind, mix(kind, certainty), mix(kind, misses_ & 7),
                                            mix(kind, state.primary), mix(kind, state.agreeing)};
  others_.select_cells(hashes);
}

TokenCoder::ByteHashes TokenCoder::byte_contexts(const Token& token, std::uint64_t guess, std::uint64_t known,
                                                 std::uint32_t k, const TokenContext& context) const {
  const std::uint32_t shift = 8 * k;
  const std::uint32_t place = token_class(token) * 8 + k;
  const std::uint32_t guessed = guess >> shift & 0xff;
  const std::uint32_t old = token.old >> shift & 0xff;
  const std::uint64_t above = k + 1 < 8 ? shift + 8 : 63;
  const bool as_guessed = k + 1 == token.length || known == guess >> above;
  const bool as_old = k + 1 == token.length || known == token.old >> above;
  const std::uint32_t done = low_word(known) + (token.length - 1 - k) * 0x01234567u;
  const std::uint32_t last = context.history->last4();
  const std::uint32_t then = mix(last_old_ >> (8 * (k & 3)) & 0xff, last_new_ >> (8 * (k & 3)) & 0xff);
  return {mix(place, guessed, as_guessed ? 1 : 0),
          mix(place, old, as_old ? 1 : 0),
          mix(done, place),
          mix(place, last & 0xffff),
          mix(place, as_guessed ? 1 : 0),
          mix(place, then, old),
          mix(place, old, last & 0xff)};
}

}  // namespace skiff
