#include "codec/noise.hpp"

#include <array>

namespace skiff {
namespace {

/// Σ count² over the values of 1,024 evenly distributed bytes: 5,116 on average, with a standard deviation of
/// 90; these are three and a half of them away.
constexpr std::uint32_t kLeastSquares = 4800;
constexpr std::uint32_t kMostSquares = 5432;
/// Places in a block that stood before and may do so by chance.
constexpr std::uint32_t kMostKnown = 3;

}  // namespace

bool looks_like_noise(ByteView block, const History& history) {
  std::array<std::uint32_t, 256> counts{};
  for (const std::uint8_t byte : block) ++counts[byte];
  std::uint32_t squares = 0;
  for (const std::uint32_t count : counts) squares += count * count;
  if (squares < kLeastSquares || squares > kMostSquares) return false;
  std::uint32_t known = 0;
  for (std::size_t at = 0; at + History::kRemembered <= block.size() && known <= kMostKnown; ++at)
    known += history.knows(block.data() + at) ? 1 : 0;
  return known <= kMostKnown;
}

}  // namespace skiff
