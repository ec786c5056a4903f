#include "codec/literal_coder.hpp"

#include <algorithm>

namespace skiff {

LiteralCoder::Hashes LiteralCoder::contexts_of(const LiteralContext& context, const History& history) {
  const std::uint32_t last = history.last4();
  const std::uint32_t c1 = last & 0xff;
  const std::uint32_t c2 = last >> 8 & 0xff;
  const std::uint32_t c3 = last >> 16 & 0xff;
  const std::uint32_t c4 = last >> 24;
  const std::uint32_t c8 = static_cast<std::uint32_t>(history.last8() >> 56);
  const std::uint32_t where = phase(context);
  const std::uint32_t left = context.left ? *context.left + 1u : 0;
  const std::uint32_t right = context.right ? *context.right + 1u : 0;
  return {where,
          mix(c1, where),
          mix(c1, c2),
          last,
          mix(where, c4, c8),
          mix(left, c1),
          mix(right, c1),
          0,  // for what the repetition at hand says, bit by bit
          mix(where, c2, c3),
          mix(c4, c1, where)};
}

}  // namespace skiff
