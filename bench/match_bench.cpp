// Matching by itself: finding the cover of a result image, before anything is coded.
#include <benchmark/benchmark.h>

#include "cases.hpp"
#include "match/matcher.hpp"
#include "yardsticks.hpp"

namespace skiff::bench {
namespace {

/// Exact blocks, then what they leave.
Result<match::Match> cover_of(const Source& base, const Source& result) {
  const match::Checkpoint go_on = [](double) { return Result<void>{}; };
  SKIFF_ASSIGN(const match::Cover blocks, match::find_blocks(base, result, go_on));
  SKIFF_ASSIGN(std::vector<match::Match> found,
               match::find_residue_covers({base, result, blocks}, {}, go_on));
  return std::move(found.front());
}

void find_cover(benchmark::State& state) {
  const auto which = static_cast<Case>(state.range(0));
  const Pair pair = make_pair_of(which);
  const ViewSource base(pair.base);
  const ViewSource result(pair.result);
  std::size_t copies = 0;
  const Race race(zstd_making_patch());
  for (auto _ : state) {
    const auto found = cover_of(base, result);
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
