// Making deltas: bytes of result image a second, beside zstd's patches, and how many bytes come out.
#include <benchmark/benchmark.h>

#include "cases.hpp"
#include "yardsticks.hpp"

namespace skiff::bench {
namespace {

void diff(benchmark::State& state) {
  const auto which = static_cast<Case>(state.range(0));
  const Pair pair = make_pair_of(which);
  const DiffOptions options{.codec = static_cast<Codec>(state.range(1))};
  std::size_t length = 0;
  const Race race(zstd_making_patch());
  for (auto _ : state) length = make_delta(pair, options).size();
  state.SetLabel(to_string(which));
  race.finish(state, pair.result.size());
  state.counters["delta_bytes"] = static_cast<double>(length);
}
BENCHMARK(diff)
    ->ArgNames({"case", "codec"})
    ->ArgsProduct({benchmark::CreateDenseRange(0, kCases - 1, 1), {static_cast<int>(Codec::kZstd)}})
    ->Args({static_cast<int>(Case::kRevised), static_cast<int>(Codec::kContextMixing)})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace skiff::bench
