#include "entropy/context_mixing.hpp"

namespace skiff::mixing {
namespace {

constexpr std::uint32_t kInitialCount = 6;

}  // namespace

const std::array<std::uint32_t, kHistories>& initial_estimates() {
  static const auto estimates = [] {
    std::array<std::uint32_t, kHistories> all{};
    for (std::uint32_t history = 0; history < kHistories; ++history) {
      const BitCounts& counts = bit_histories().counts[history];
      const std::uint64_t seen = std::uint64_t{counts.zeros} + counts.ones;
      const std::uint64_t probability = ((10 * std::uint64_t{counts.ones} + 4) << 22) / (10 * seen + 8);
      all[history] = static_cast<std::uint32_t>(probability) << 10 | kInitialCount;
    }
    // What has seen nothing says nothing: the greatest probability whose evidence is 0.
    all[0] = (std::uint32_t{0x7fff} << 16) | kFixedCount;
    return all;
  }();
  return estimates;
}

}  // namespace skiff::mixing
