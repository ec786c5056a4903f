#include "codec/word_coder.hpp"

namespace skiff {
namespace {

/// The bits of an A64 or A32 instruction that mostly say what it does.
std::uint32_t operation(std::uint32_t word) { return word >> 21; }
std::uint32_t top(std::uint32_t word) { return word >> 24; }

}  // namespace

WordCoder::Hashes WordCoder::contexts_of(std::uint32_t left, const History& history, std::uint32_t known,
                                         std::uint32_t k) {
  const std::uint32_t first = history.word_back(4);
  const std::uint32_t second = history.word_back(8);
  const std::uint32_t third = history.word_back(12);
  const std::uint32_t place = mix(known, k);
  const std::uint32_t own_top = k == 3 ? 0 : known >> (8 * (2 - k)) & 0xff;
  const std::uint32_t left_byte = left >> (8 * k) & 0xff;
  const std::uint32_t as_left = agrees(left, known, k) ? 1 : 0;
  return {place,
          mix(place, operation(first)),
          mix(place, operation(first), operation(second)),
          mix(k, as_left, left_byte),
          0,  // for what the repetition at hand says, bit by bit
          mix(k, own_top, first >> (8 * k) & 0xff),
          mix(place, top(first), top(second), top(third))};
}

}  // namespace skiff
