#include "yardsticks.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "cases.hpp"

namespace skiff::bench {
namespace {

constexpr int kLevel = 19;
constexpr int kWindowLog = 25;  ///< holds base and result
constexpr int kRounds = 5;      ///< of which the fastest counts: what disturbs only slows
constexpr int kRepeats = 10;    ///< in a round, so that the clock's steps do not show

/// CPU seconds of the process.
double seconds_since(std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) / static_cast<double>(CLOCKS_PER_SEC);
}

template <class Work>
double fastest(std::size_t bytes, const Work& work) {
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::clock_t begin = std::clock();
    for (int i = 0; i < kRepeats; ++i) work();
    best = std::max(best, kRepeats * static_cast<double>(bytes) / seconds_since(begin));
  }
  return best;
}

std::size_t checked(std::size_t code) {
  if (ZSTD_isError(code)) {
    std::fprintf(stderr, "zstd: %s\n", ZSTD_getErrorName(code));
    std::abort();
  }
  return code;
}

struct ZstdPatch {
  double make = 0;  ///< bytes of result a second
  double apply = 0;
};

ZstdPatch measure_zstd() {
  const Pair pair = make_pair_of(Case::kRevised);
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> encoder(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> decoder(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  checked(ZSTD_CCtx_setParameter(encoder.get(), ZSTD_c_compressionLevel, kLevel));
  checked(ZSTD_CCtx_setParameter(encoder.get(), ZSTD_c_enableLongDistanceMatching, 1));
  checked(ZSTD_CCtx_setParameter(encoder.get(), ZSTD_c_windowLog, kWindowLog));
  Bytes patch(ZSTD_compressBound(pair.result.size()));
  Bytes out(pair.result.size());
  ZstdPatch speeds;
  const std::clock_t begin = std::clock();
  checked(ZSTD_CCtx_refPrefix(encoder.get(), pair.base.data(), pair.base.size()));
  const std::size_t length = checked(
      ZSTD_compress2(encoder.get(), patch.data(), patch.size(), pair.result.data(), pair.result.size()));
  speeds.make = static_cast<double>(pair.result.size()) / seconds_since(begin);
  speeds.apply = fastest(pair.result.size(), [&] {
    checked(ZSTD_DCtx_refPrefix(decoder.get(), pair.base.data(), pair.base.size()));
    checked(ZSTD_decompressDCtx(decoder.get(), out.data(), out.size(), patch.data(), length));
  });
  if (out != pair.result) std::abort();
  return speeds;
}

const ZstdPatch& zstd_patch() {
  static const ZstdPatch speeds = measure_zstd();
  return speeds;
}

double measure_memcpy() {
  const Pair pair = make_pair_of(Case::kRevised);
  Bytes target(pair.result.size());
  return fastest(pair.result.size(), [&] {
    std::memcpy(target.data(), pair.result.data(), pair.result.size());
    benchmark::DoNotOptimize(target.data());
    benchmark::ClobberMemory();
  });
}

}  // namespace

Yardstick memcpy_of_result() {
  static const double speed = measure_memcpy();
  return {"of_memcpy", speed};
}
Yardstick zstd_making_patch() { return {"of_zstd", zstd_patch().make}; }
Yardstick zstd_applying_patch() { return {"of_zstd", zstd_patch().apply}; }

void Race::finish(benchmark::State& state, std::size_t bytes) const {
  const double seconds = seconds_since(begin_);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  const double done = static_cast<double>(state.iterations()) * static_cast<double>(bytes);
  state.counters[yardstick_.name] = done / seconds / yardstick_.speed;
}

}  // namespace skiff::bench
