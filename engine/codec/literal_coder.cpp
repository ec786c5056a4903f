#include "codec/literal_coder.hpp"

#include <algorithm>

namespace skiff {

LiteralCoder::Hashes LiteralCoder::contexts_of(const LiteralContext& context, const History& history,
                                               const History::Expected& expected) {
  const std::uint32_t last = history.last4();
  const std::uint32_t c1 = last & 0xff;
  const std::uint32_t c2 = last >> 8 & 0xff;
  const std::uint32_t c3 = last >> 16 & 0xff;
  const std::uint32_t c4 = last >> 24;
  const std::uint32_t c5 = history.back(5);
  const std::uint32_t c8 = history.back(8);
  const std::uint32_t where = phase(context);
  const std::uint32_t left = context.left ? *context.left + 1u : 0;
  const std::uint32_t right = context.right ? *context.right + 1u : 0;
  return {mix(where, 0),
          mix(c1, where, 1),
          mix(c1, c2, 2),
          mix(last & 0xffffff, 3),
          mix(last, 4),
          mix(last, c5, 5),
          mix(where, c4, c8 + 6 * 256),
          mix(left, c1, 7),
          mix(right, c1, 8),
          mix(expected.byte + 1u, std::min(expected.length, 15u), 9),
          mix(where, c2, c3 + 10 * 256),
          mix(left, right, where + 11 * 256),
          mix(where, c4, 12),
          mix(c4, c1, where + 13 * 256)};
}

void LiteralCoder::select(const Hashes& hashes, std::uint32_t partial) {
  Hashes lines;
  for (std::uint32_t i = 0; i < kContexts; ++i) lines[i] = mix(hashes[i], partial);
  bits_.select(lines);
}

}  // namespace skiff
