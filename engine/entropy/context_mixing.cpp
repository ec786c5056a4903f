#include "entropy/context_mixing.hpp"

// Resolvers of clones run before ThreadSanitizer does, and crash with it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define SKIFF_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SKIFF_VECTOR_CLONES
#endif

namespace skiff::mixing {
namespace {

constexpr std::uint32_t kInitialCount = 6;

}  // namespace

SKIFF_VECTOR_CLONES
void weigh(const std::int32_t* inputs, const Rows& rows, std::uint32_t count, Sums& sums) {
  count &= ~(kLanes - 1);  // whole vectors only, as the compiler cannot know
  for (std::uint32_t row = 0; row < kRows; ++row) {
    const std::int32_t* weights = rows[row];
    std::int32_t sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) sum += (inputs[i] * weights[i]) >> 8;
    sums[row] = sum >> 8;
  }
}

SKIFF_VECTOR_CLONES
void learn(const std::int32_t* __restrict inputs, const Rows& rows, std::uint32_t count, const Sums& errors) {
  count &= ~(kLanes - 1);
  for (std::uint32_t row = 0; row < kRows; ++row) {
    std::int32_t* __restrict weights = rows[row];
    const std::int32_t error = errors[row];
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::int32_t weight = weights[i] + ((inputs[i] * error + 512) >> 10);
      weights[i] = std::clamp(weight, -kWeightLimit, kWeightLimit);
    }
  }
}

const std::array<std::uint32_t, kHistories>& initial_estimates() {
  static const auto estimates = [] {
    std::array<std::uint32_t, kHistories> all{};
    for (std::uint32_t history = 0; history < kHistories; ++history) {
      const BitCounts& counts = bit_histories().counts[history];
      const std::uint64_t seen = std::uint64_t{counts.zeros} + counts.ones;
      const std::uint64_t probability = ((10 * std::uint64_t{counts.ones} + 4) << 22) / (10 * seen + 8);
      all[history] = static_cast<std::uint32_t>(probability) << 10 | kInitialCount;
    }
    return all;
  }();
  return estimates;
}

}  // namespace skiff::mixing
