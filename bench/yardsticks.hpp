// Yardsticks: what the same machine does in the same run with well-known code, so that a speed can be given
// as a ratio: machines differ, ratios less so.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <ctime>

namespace skiff::bench {

/// What well-known code does with the revised case: bytes of result per CPU second, one thread.
struct Yardstick {
  const char* name;
  double speed;
};

// Each is measured once in a process, when it is first asked for.
Yardstick memcpy_of_result();
Yardstick zstd_making_patch();  ///< from the base, at level 19: what zstd --patch-from does
Yardstick zstd_applying_patch();

/// Times a loop against a yardstick: made just before the loop, finished just after it.
class Race {
 public:
  explicit Race(const Yardstick& yardstick) : yardstick_(yardstick) {}
  /// Sets bytes_per_second, and as a counter that speed as a multiple of the yardstick; `bytes` are those of
  /// one iteration.
  void finish(benchmark::State& state, std::size_t bytes) const;

 private:
  Yardstick yardstick_;
  std::clock_t begin_ = std::clock();
};

}  // namespace skiff::bench
