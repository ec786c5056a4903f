#include "match/literal_costs.hpp"

#include <algorithm>
#include <bit>

namespace skiff::match {

std::int64_t log2_sixteenths(std::uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value)) - 1;
  const std::uint64_t fraction = bits >= 4 ? (value >> (bits - 4)) & 15 : (value << (4 - bits)) & 15;
  return std::int64_t{bits} * 16 + static_cast<std::int64_t>(fraction);
}

void LiteralCosts::enter(std::uint32_t block) {
  block_ = block;
  const std::size_t begin = std::size_t{block} * kBlock;
  const ByteView bytes = result_.subspan(begin, std::min<std::size_t>(kBlock, result_.size() - begin));
  std::array<std::uint32_t, 256> counts{};
  for (const std::uint8_t byte : bytes) ++counts[byte];
  for (std::size_t byte = 0; byte < counts.size(); ++byte) {
    if (counts[byte] == 0) continue;
    const std::int64_t sixteenths = log2_sixteenths(bytes.size()) - log2_sixteenths(counts[byte]);
    cost_of_[byte] = std::max(price_.least, sixteenths * price_.percent / 16);
  }
}

}  // namespace skiff::match
