#include "diff/metering_decoder.hpp"

#include <bit>

namespace skiff {
namespace {

/// −log2(p / 65536), bit by bit: squaring a number in [1, 2) doubles its logarithm.
std::uint32_t cost_of(std::uint32_t p) {
  const auto whole = static_cast<unsigned>(std::bit_width(p)) - 1;
  std::uint64_t x = std::uint64_t{p} << (31 - whole);  // in 1.31
  std::uint32_t fraction = 0;
  for (unsigned i = 0; i < kCostScale; ++i) {
    x = x * x >> 31;
    const bool doubled = x >> 32 != 0;
    if (doubled) x >>= 1;
    fraction = fraction << 1 | (doubled ? 1 : 0);
  }
  return ((16 - whole) << kCostScale) - fraction;
}

}  // namespace

const std::array<std::uint32_t, 65537>& bit_costs() {
  static const std::array<std::uint32_t, 65537> costs = [] {
    std::array<std::uint32_t, 65537> table{};
    for (std::uint32_t p = 1; p < table.size(); ++p) table[p] = cost_of(p);
    return table;
  }();
  return costs;
}

}  // namespace skiff
