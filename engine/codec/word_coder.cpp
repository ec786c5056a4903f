#include "codec/word_coder.hpp"

namespace skiff {
namespace {

/// The bits of an A64 or A32 instruction that mostly say what it does.
std::uint32_t operation(std::uint32_t word) { return word >> 21; }
std::uint32_t top(std::uint32_t word) { return word >> 24; }

}  // namespace

WordCoder::Hashes WordCoder::contexts_of(const WordContext& context, const History& history,
                                         std::uint32_t known, std::uint32_t k) {
  const std::uint32_t first = history.word_back(4);
  const std::uint32_t second = history.word_back(8);
  const std::uint32_t third = history.word_back(12);
  const std::uint32_t place = mix(known, k);
  const std::uint32_t own_top = k == 3 ? 0 : known >> (8 * (2 - k)) & 0xff;
  const std::uint32_t left = context.left >> (8 * k) & 0xff;
  const std::uint32_t right = context.right >> (8 * k) & 0xff;
  const std::uint32_t as_left = agrees(context.left, known, k) ? 1 : 0;
  const std::uint32_t as_right = agrees(context.right, known, k) ? 1 : 0;
  return {place,
          mix(place, top(first)),
          mix(place, operation(first)),
          mix(place, operation(first), operation(second)),
          mix(place, first & 31),
          mix(place, first),
          mix(k, as_left, left),
          mix(k, as_right, right, left),
          0,  // for what the repetition at hand says, bit by bit
          mix(k, own_top, first >> (8 * k) & 0xff),
          mix(k, own_top, known & 0xff, first & 0x3ff),
          mix(place, top(first), top(second), top(third))};
}

}  // namespace skiff
