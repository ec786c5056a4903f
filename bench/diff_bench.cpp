// Making deltas: bytes of result image a second, and how many bytes come out.
#include <benchmark/benchmark.h>

#include "cases.hpp"

namespace skiff::bench {
namespace {

void diff(benchmark::State& state) {
  const auto which = static_cast<Case>(state.range(0));
  const Pair pair = make_pair_of(which);
  DiffOptions options;
  options.threads = static_cast<unsigned>(state.range(1));
  std::size_t length = 0;
  for (auto _ : state) {
    const Bytes delta = make_delta(pair, options);
    length = delta.size();
  }
  state.SetLabel(to_string(which));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(pair.result.size()));
  state.counters["delta_bytes"] = static_cast<double>(length);
}
BENCHMARK(diff)
    ->ArgNames({"case", "threads"})
    ->ArgsProduct({benchmark::CreateDenseRange(0, kCases - 1, 1), {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace skiff::bench
