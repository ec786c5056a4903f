#include "match/extension.hpp"

#include <algorithm>
#include <bit>

#include "match/common_run.hpp"

namespace skiff::match {
namespace {

constexpr std::uint64_t kLowBits = 0x0101010101010101u;
constexpr std::uint64_t kHighBits = 0x8080808080808080u;
/// Brings the lowest bits of eight bytes together in the highest byte of the product.
constexpr std::uint64_t kGather = 0x0102040810204080u;

/// Bit k is set where the byte of weight 2^8k is zero (Warren, Hacker's Delight, 6-1).
unsigned zero_bytes(std::uint64_t value) {
  const std::uint64_t others = ((value & ~kHighBits) + ~kHighBits) | value | ~kHighBits;
  return static_cast<unsigned>((((~others >> 7) & kLowBits) * kGather) >> 56);
}

std::uint64_t reversed(std::uint64_t value) { return __builtin_bswap64(value); }

struct Forward {
  const std::uint8_t* a;
  const std::uint8_t* b;
  [[nodiscard]] bool equal(std::size_t i) const { return a[i] == b[i]; }
  [[nodiscard]] unsigned eight(std::size_t i) const {
    const std::uint64_t difference = load64(a + i) ^ load64(b + i);
    return zero_bytes(std::endian::native == std::endian::little ? difference : reversed(difference));
  }
};

struct Backward {
  const std::uint8_t* a;
  const std::uint8_t* b;
  [[nodiscard]] bool equal(std::size_t i) const {
    const std::ptrdiff_t at = -1 - static_cast<std::ptrdiff_t>(i);
    return a[at] == b[at];
  }
  [[nodiscard]] unsigned eight(std::size_t i) const {
    const std::uint64_t difference = load64(a - i - 8) ^ load64(b - i - 8);
    return zero_bytes(std::endian::native == std::endian::little ? reversed(difference) : difference);
  }
};

}  // namespace

Extension::Extension(const ExtensionScores& scores) : scores_(scores) {
  for (unsigned equal = 0; equal < groups_.size(); ++equal) {
    Group& group = groups_[equal];
    for (std::uint32_t i = 0; i < 8; ++i) {
      group.total += (equal >> i & 1) != 0 ? scores.equal : scores.different;
      group.lowest = std::min(group.lowest, group.total);
      if (group.total <= group.highest) continue;
      group.highest = group.total;
      group.highest_after = i + 1;
    }
  }
}

template <typename Direction>
Extension::Reach Extension::reach(const Direction& bytes, std::size_t limit) const {
  std::int64_t score = 0;
  std::int64_t best = 0;
  Reach out;
  while (out.looked < limit) {
    if (limit - out.looked >= 8) {
      const Group& group = groups_[bytes.eight(out.looked)];
      const std::int64_t highest = std::max(best, score + group.highest);
      if (score + group.lowest >= highest - scores_.drop) {
        if (highest > best) out.length = out.looked + group.highest_after;
        best = highest;
        score += group.total;
        out.looked += 8;
        continue;
      }
    }
    score += bytes.equal(out.looked) ? scores_.equal : scores_.different;
    ++out.looked;
    if (score < best - scores_.drop) break;
    if (score <= best) continue;
    best = score;
    out.length = out.looked;
  }
  return out;
}

Extension::Reach Extension::forward(const std::uint8_t* a, const std::uint8_t* b, std::size_t limit) const {
  return reach(Forward{a, b}, limit);
}

Extension::Reach Extension::backward(const std::uint8_t* a, const std::uint8_t* b, std::size_t limit) const {
  return reach(Backward{a, b}, limit);
}

}  // namespace skiff::match
