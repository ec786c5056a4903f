#include "codec/token_coder.hpp"

namespace skiff {
namespace {

std::uint32_t log2_of(std::uint64_t number, std::uint32_t limit) {
  return std::min(static_cast<std::uint32_t>(std::bit_width(number | 1)) - 1, limit);
}

std::uint32_t low_word(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

TokenCoder::TokenCoder(SlotTable& slots, NumberCoder& numbers)
    : hits_(kHitShape, slots),
      others_(kOtherShape, slots),
      bytes_(kByteShape, slots),
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
  return ContextGroup::memory(kHitShape) + ContextGroup::memory(kOtherShape) +
         ContextGroup::memory(kByteShape) + kFastCells * sizeof(std::uint16_t) + kWordCells;
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
  state.fast_cell =
      mix(state.kind, state.primary, mix(state.agreeing, state.others, misses_ & 0xff)) % kFastCells;
  state.word_cell = mix(low_word(token.old), token.length) % kWordCells;
  return state;
}

void TokenCoder::select_hit(const State& state, const Token& token, const Prediction& prediction,
                            const TokenContext& context) {
  const std::uint32_t old = low_word(token.old);
  const bool reference = token.is_reference();
  const std::uint32_t success = std::min(15u, prediction.primary_success >> 12);
  const std::uint32_t length = log2_of(context.copy_length, 14);
  const std::array<std::uint32_t, 10> contexts{
      mix(state.primary, misses_ & 63),
      old ^ token.length << 28,
      mix(state.primary, state.agreeing, state.others),
      reference ? prediction.target_key : mix(old >> 8, static_cast<std::uint32_t>(token.base_offset & 7)),
      mix(log2_of(context.copied, 12), length, misses_ & 3, state.primary),
      mix(context.before, old >> (token.data || !reference ? 0 : 24)),
      mix(context.after, old),
      mix(misses_ & 4095, state.agreeing),
      mix(success, misses_ & 7, reference ? 1 : 0, static_cast<std::uint32_t>(prediction.certainty)),
      mix(reference || token.data ? 0 : old >> 21, misses_ & 15, state.primary)};
  std::array<std::uint32_t, 10> hashes;
  for (std::uint32_t i = 0; i < hashes.size(); ++i) hashes[i] = mix(contexts[i], state.kind, i);
  hits_.select(hashes);
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
  const std::array<std::uint32_t, 5> hashes{
      which, mix(which, state.primary, 1), mix(which, misses_ & 15, index + 2),
      mix(which, low_word(token.old), 3), mix(which, state.agreeing, state.others + 400)};
  others_.select(hashes);
}

void TokenCoder::select_opcode(const State& state, const Prediction& prediction) {
  const std::uint32_t kind = mix(state.kind, 64);
  const auto certainty = static_cast<std::uint32_t>(prediction.certainty);
  const std::array<std::uint32_t, 5> hashes{kind, mix(kind, certainty, 1), mix(kind, misses_ & 7, 2),
                                            mix(kind, state.primary, 3), mix(kind, state.agreeing, 4)};
  others_.select(hashes);
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
  const std::uint32_t c1 = last & 0xff;
  const std::uint32_t then = mix(last_old_ >> (8 * (k & 3)) & 0xff, last_new_ >> (8 * (k & 3)) & 0xff);
  const std::uint32_t lower = low_word(token.old >> (8 * (k > 0 ? k - 1 : 0))) & 0xffff;
  return {mix(place, guessed, as_guessed + 2u),
          mix(place, old, as_old + 4u),
          mix(low_word(token.old), k, as_guessed + 6u),
          mix(done, place, 8),
          mix(done, place, guessed + 256 * 9),
          mix(place, last & 0xffff, 10),
          mix(place, as_guessed + 11u),
          mix(place, then, old + 256 * 13),
          mix(place, lower, as_guessed + 14u),
          mix(place, done & 0xff, guessed + 256 * 16),
          mix(place, old, c1 + 256 * 17),
          mix(place, token.length, mix(old, as_guessed, misses_ & 7))};
}

void TokenCoder::select_bytes(const ByteHashes& hashes, std::uint32_t partial) {
  ByteHashes lines;
  for (std::uint32_t i = 0; i < kByteContexts; ++i) lines[i] = mix(hashes[i], partial);
  bytes_.select(lines);
}

}  // namespace skiff
