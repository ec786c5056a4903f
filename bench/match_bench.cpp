// Matching by itself: finding the cover of a result image, before anything is coded.
#include <benchmark/benchmark.h>

#include "cases.hpp"
#include "match/matcher.hpp"
#include "yardsticks.hpp"

namespace skiff::bench {
namespace {

void find_cover(benchmark::State& state) {
  const auto which = static_cast<Case>(state.range(0));
  const Pair pair = make_pair_of(which);
  const ViewSource base(pair.base);
  const ViewSource result(pair.result);
  std::size_t copies = 0;
  const Race race(zstd_making_patch());
  for (auto _ : state) {
    const auto found = match::find_cover(base, result, {}, [](double) { return Result<void>{}; });
    if (!found) {
      state.SkipWithError(found.error().text().c_str());
      break;
    }
    copies = found->cover.size();
  }
  state.SetLabel(to_string(which));
  state.counters["copies"] = static_cast<double>(copies);
  race.finish(state, pair.result.size());
}
BENCHMARK(find_cover)->ArgName("case")->DenseRange(0, kCases - 1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace skiff::bench
