// Applying deltas: bytes of result image a second, beside zstd's patches and a SHA-256 of the same bytes.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "cases.hpp"
#include "skiff/applier.hpp"
#include "skiff/trust.hpp"
#include "yardsticks.hpp"

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

void apply(benchmark::State& state) {
  const auto which = static_cast<Case>(state.range(0));
  const Pair pair = make_pair_of(which);
  const Bytes delta = make_delta(pair, {.codec = static_cast<Codec>(state.range(1))});
  const ViewSource base(pair.base);
  const Race race(zstd_applying_patch());
  for (auto _ : state) {
    VoidWriter writer;
    Applier applier(base, writer, {}, make_sha256);
    if (const auto done = push_all(applier, delta); !done) {
      state.SkipWithError(done.error().text().c_str());
    }
  }
  state.SetLabel(to_string(which));
  race.finish(state, pair.result.size());
}
BENCHMARK(apply)
    ->ArgNames({"case", "codec"})
    ->ArgsProduct({benchmark::CreateDenseRange(0, kCases - 1, 1), {static_cast<int>(Codec::kZstd)}})
    ->Args({static_cast<int>(Case::kRevised), static_cast<int>(Codec::kContextMixing)})
    ->Unit(benchmark::kMillisecond);

/// A SHA-256 of the result, which a device takes of its slot after it was written.
void hash(benchmark::State& state) {
  const Pair pair = make_pair_of(Case::kRevised);
  const Race race(memcpy_of_result());
  for (auto _ : state) benchmark::DoNotOptimize(sha256(pair.result));
  race.finish(state, pair.result.size());
}
BENCHMARK(hash)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace skiff::bench
