// Applying deltas, beside what bounds it in the same run: copying the image, and hashing it once.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "cases.hpp"
#include "skiff/applier.hpp"
#include "skiff/trust.hpp"

namespace skiff::bench {
namespace {

/// A result that is written and thrown away.
class VoidWriter final : public ResultWriter {
 public:
  Result<void> write_at(std::uint64_t, ByteView bytes) override {
    benchmark::DoNotOptimize(bytes.data());
    return {};
  }
  Result<void> segment_done(std::uint64_t) override { return {}; }
};

Result<void> push_all(Applier& applier, const Bytes& delta) {
  while (!applier.done()) {
    const std::size_t offset = applier.next_offset();
    const std::size_t length = std::min<std::size_t>(applier.next_length(), delta.size() - offset);
    SKIFF_TRY(applier.push(ByteView(delta).subspan(offset, length)));
  }
  return {};
}

void finish(benchmark::State& state, Case which, std::size_t length) {
  state.SetLabel(to_string(which));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(length));
}

void apply(benchmark::State& state) {
  const auto which = static_cast<Case>(state.range(0));
  const Pair pair = make_pair_of(which);
  const Bytes delta = make_delta(pair, {});
  const ViewSource base(pair.base);
  for (auto _ : state) {
    VoidWriter writer;
    Applier applier(base, writer, {}, make_sha256);
    if (const auto done = push_all(applier, delta); !done) {
      state.SkipWithError(done.error().text().c_str());
    }
  }
  finish(state, which, pair.result.size());
}
BENCHMARK(apply)->ArgName("case")->DenseRange(0, kCases - 1)->Unit(benchmark::kMillisecond);

/// Reads and decodes every stream of a delta, and looks at no image: the entropy stage by itself.
void decode(benchmark::State& state) {
  const auto which = static_cast<Case>(state.range(0));
  const Pair pair = make_pair_of(which);
  const Bytes delta = make_delta(pair, {});
  for (auto _ : state) {
    const auto report = inspect_delta(ViewSource(delta));
    if (!report) state.SkipWithError(report.error().text().c_str());
  }
  finish(state, which, delta.size());
}
BENCHMARK(decode)->ArgName("case")->DenseRange(0, kCases - 1)->Unit(benchmark::kMillisecond);

void copy(benchmark::State& state) {
  const Pair pair = make_pair_of(Case::kRevised);
  Bytes target(pair.result.size());
  for (auto _ : state) {
    std::copy(pair.result.begin(), pair.result.end(), target.begin());
    benchmark::DoNotOptimize(target.data());
    benchmark::ClobberMemory();
  }
  finish(state, Case::kRevised, pair.result.size());
}
BENCHMARK(copy)->Unit(benchmark::kMillisecond);

void hash(benchmark::State& state) {
  const Pair pair = make_pair_of(Case::kRevised);
  for (auto _ : state) benchmark::DoNotOptimize(sha256(pair.result));
  finish(state, Case::kRevised, pair.result.size());
}
BENCHMARK(hash)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace skiff::bench
