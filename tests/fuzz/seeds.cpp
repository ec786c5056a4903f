// Writes the first inputs of the corpora head, streams and apply, of both codecs: `fuzz_seeds
// tests/fuzz/corpus`.
#include <cstdio>
#include <filesystem>

#include "base/cursor.hpp"
#include "base/varint.hpp"
#include "format/head.hpp"
#include "skiff/io.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/fuzz/apply_base.hpp"
#include "tests/golden/mixed_builder.hpp"

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

/// The base as if it held code and tables: the fuzzer finds which bytes are references.
Typing fuzz_typing(std::uint64_t base_length, std::uint64_t result_length) {
  Space base{0, base_length, 0x1000, 0x2000, {{0, base_length, 0x1000}}, {}};
  constexpr std::uint64_t kLength = 48;
  std::uint64_t at = 0;
  for (std::uint8_t number = 0; number < kKinds && at + kLength <= base_length; ++number, at += kLength) {
    const auto kind = static_cast<Kind>(number);
    base.types.push_back({at, kLength, kind, has_origin(kind) ? base.low : 0});
  }
  return {{base}, {{0, result_length, 0, 0, {{0, result_length, 0x1000}}, {}}}};
}

std::vector<Seed> seeds() {
  const Bytes base = fuzz_base();
  const Bytes result = speckled(part(base, 50, 400), 40) + noise(60, 3) + part(base, 500, 140);
  return {
      {"mixed", base, result, {}},
      {"segments", base, result, {.window = 300, .segment = 100}},
      {"literals", base, noise(600, 9), {}},
      {"copies", base, part(base, 0, 100) + part(base, 200, 500), {}},
      {"empty", base, {}, {}},
      {"typed", base, result, {.segment = 100, .typing = fuzz_typing(base.size(), result.size())}},
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

Result<void> write_mixed_seed(const fs::path& corpus, const Seed& seed) {
  if (!seed.plan.typing.base.empty()) return {};  // all seeds of codec 1 are typed
  MixedPlan plan{.typing = fuzz_typing(seed.base.size(), seed.result.size()), .window = seed.plan.window};
  if (seed.plan.segment < seed.plan.window) plan.segment = 40;
  const CodedDelta coded =
      code_mixed_delta(seed.base, seed.result, naive_cover(seed.base, seed.result, plan.window), plan);
  const std::string name = "mixed-" + seed.name;
  SKIFF_TRY(write_file(corpus / "apply" / (name + "-file"), Bytes{0} + join_delta(coded)));
  if (coded.wires.empty()) return {};
  const Bytes segments = Bytes{3} + varint_bytes(coded.wires[0].size()) + coded.wires[0] + coded.wires[1];
  return write_file(corpus / "apply" / (name + "-segments"), segments);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds CORPUS\n");
    return 2;
  }
  for (const Seed& seed : seeds()) {
    for (const auto& outcome : {write_seed(argv[1], seed), write_mixed_seed(argv[1], seed)}) {
      if (outcome) continue;
      std::fprintf(stderr, "%s\n", outcome.error().text().c_str());
      return 1;
    }
  }
  return 0;
}
