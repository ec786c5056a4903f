// Writes the first inputs of the corpora head, streams and apply: `fuzz_seeds tests/fuzz/corpus`.
#include <cstdio>
#include <filesystem>

#include "base/cursor.hpp"
#include "base/varint.hpp"
#include "format/head.hpp"
#include "skiff/io.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/fuzz/apply_base.hpp"

namespace {

namespace fs = std::filesystem;
using namespace skiff;
using namespace skiff::testing;

struct Seed {
  std::string name;
  Bytes base;
  Bytes result;
  BuildPlan plan;
};

std::vector<Seed> seeds() {
  const Bytes base = fuzz_base();
  const Bytes result = speckled(part(base, 50, 400), 40) + noise(60, 3) + part(base, 500, 140);
  return {
      {"mixed", base, result, {}},
      {"segments", base, result, {.window = 300, .segment = 100}},
      {"literals", base, noise(600, 9), {}},
      {"copies", base, part(base, 0, 100) + part(base, 200, 500), {}},
      {"empty", base, {}, {}},
  };
}

template <std::size_t N>
void put_streams(Bytes& out, const std::array<Bytes, N>& streams) {
  for (const Bytes& stream : streams) {
    put_varint(out, stream.size());
    put_bytes(out, stream);
  }
}

Result<void> write_seed(const fs::path& corpus, const Seed& seed) {
  const DeltaParts parts =
      cut_delta(seed.base, seed.result, naive_cover(seed.base, seed.result, seed.plan.window), seed.plan);
  const CodedDelta coded = code_delta(parts, seed.plan.level);
  const Bytes delta = join_delta(coded);
  const DeltaInfo info = read_head(delta).value();
  SKIFF_TRY(write_file(corpus / "head" / seed.name, ByteView(delta).first(info.head_length)));
  SKIFF_TRY(write_file(corpus / "apply" / (seed.name + "-file"), Bytes{0} + delta));
  if (parts.windows.empty()) return {};
  Bytes streams;
  put_streams(streams, parts.windows[0].map);
  put_streams(streams, parts.windows[0].data[0].streams);
  SKIFF_TRY(write_file(corpus / "streams" / seed.name, streams));
  const Bytes segments = Bytes{1} + varint_bytes(coded.wires[0].size()) + coded.wires[0] + coded.wires[1];
  return write_file(corpus / "apply" / (seed.name + "-segments"), segments);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds CORPUS\n");
    return 2;
  }
  for (const Seed& seed : seeds()) {
    if (const auto outcome = write_seed(argv[1], seed); !outcome) {
      std::fprintf(stderr, "%s\n", outcome.error().text().c_str());
      return 1;
    }
  }
  return 0;
}
