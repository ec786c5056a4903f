// Packing changed blocks again: the encoder that makes zlib's bytes, and zlib.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <algorithm>

#include "skiff/io.hpp"
#include "unpack/prediction/zlib_encoder.hpp"

namespace skiff::bench {
namespace {

constexpr std::size_t kBlock = 128 << 10;  ///< a block of squashfs
constexpr std::size_t kMost = 2 << 20;

/// This program: code and tables as root file systems hold them.
Bytes make_content() {
  Bytes content = read_file("/proc/self/exe", std::uint64_t{1} << 30).value();
  content.resize(std::min(content.size(), kMost) / kBlock * kBlock);
  return content;
}

class CountingSink final : public Sink {
 public:
  Result<void> write(ByteView bytes) override {
    count_ += bytes.size();
    return {};
  }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

std::size_t pack(int level, ByteView block) {
  CountingSink sink;
  const unpack::Method method{unpack::StreamCodec::kZlib, {static_cast<std::uint64_t>(level), 8, 0, 15, 0}};
  if (!unpack::prediction::encode_as_zlib(method, block, sink)) return 0;
  return sink.count();
}

std::size_t pack_by_zlib(int level, ByteView block) {
  Bytes packed(compressBound(kBlock));
  uLongf length = packed.size();
  if (compress2(packed.data(), &length, block.data(), block.size(), level) != Z_OK) return 0;
  return length;
}

void run(benchmark::State& state, std::size_t (*packer)(int, ByteView)) {
  const Bytes content = make_content();
  const auto level = static_cast<int>(state.range(0));
  std::size_t packed = 0;
  for (auto _ : state) {
    packed = 0;
    for (std::size_t at = 0; at < content.size(); at += kBlock)
      packed += packer(level, ByteView(content).subspan(at, kBlock));
    benchmark::DoNotOptimize(packed);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * content.size()));
  state.counters["packed"] = static_cast<double>(packed);
}

BENCHMARK_CAPTURE(run, deflate_by_skiff, pack)->DenseRange(1, 9)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, deflate_by_zlib, pack_by_zlib)->DenseRange(1, 9)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace skiff::bench
