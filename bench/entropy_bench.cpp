// Entropy coding by itself, in bits a second (items_per_second): the range coder with given probabilities,
// and the models of context mixing that give them.
#include <benchmark/benchmark.h>

#include <array>
#include <random>
#include <vector>

#include "entropy/context_mixing.hpp"
#include "entropy/range_coder.hpp"
#include "images.hpp"

namespace skiff::bench {
namespace {

constexpr std::size_t kBits = std::size_t{1} << 20;

/// Bits, each with a probability that it obeys.
struct Script {
  std::vector<Probability> probabilities;
  std::vector<bool> bits;
};

Script make_script() {
  std::mt19937_64 random(1);
  Script script;
  for (std::size_t i = 0; i < kBits; ++i) {
    const auto one = static_cast<Probability>(1 + random() % 65535);
    script.probabilities.push_back(one);
    script.bits.push_back(random() % 65536 < one);
  }
  return script;
}

Bytes encode(const Script& script) {
  RangeEncoder encoder;
  for (std::size_t i = 0; i < kBits; ++i) encoder.code(script.bits[i], script.probabilities[i]);
  return encoder.finish();
}

void set_bits(benchmark::State& state, std::size_t bits) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(bits));
}

void range_encode(benchmark::State& state) {
  const Script script = make_script();
  for (auto _ : state) benchmark::DoNotOptimize(encode(script).data());
  set_bits(state, kBits);
}
BENCHMARK(range_encode)->Unit(benchmark::kMillisecond);

void range_decode(benchmark::State& state) {
  const Script script = make_script();
  const Bytes coded = encode(script);
  for (auto _ : state) {
    RangeDecoder decoder(coded);
    for (const Probability one : script.probabilities) benchmark::DoNotOptimize(decoder.code(false, one));
  }
  set_bits(state, kBits);
}
BENCHMARK(range_decode)->Unit(benchmark::kMillisecond);

/// A model of bytes in contexts of the last 0, 1, 2, … of them.
template <std::uint32_t kContexts>
class ByteModel {
 public:
  ByteModel() : slots_(kLineBits), bits_(slots_) {}

  template <class Coder>
  std::uint8_t code(Coder& coder, std::uint8_t value) {
    const auto selectors = [](std::uint32_t partial, unsigned bit) -> Selectors {
      return {bit < 4 ? 1u : 0u, partial, 0};
    };
    const std::uint32_t byte = bits_.code_byte(coder, value, contexts(), selectors);
    last_ = last_ << 8 | byte;
    return static_cast<std::uint8_t>(byte);
  }

 private:
  static constexpr unsigned kLineBits = 14;  // 1 MiB, as a device of the standard profile has
  static constexpr GroupShape kShape{.id = 1, .contexts = kContexts, .rows = {2, 256, 1}, .rate = 983};
  using Hashes = typename ContextGroup<kShape>::Hashes;

  [[nodiscard]] Hashes contexts() const {
    Hashes hashes;
    for (std::uint32_t i = 0; i < kContexts; ++i) {
      const std::uint64_t seen = i < 8 ? last_ & ((std::uint64_t{1} << (8 * i)) - 1) : last_;
      hashes[i] = mix(i, static_cast<std::uint32_t>(seen), static_cast<std::uint32_t>(seen >> 32));
    }
    return hashes;
  }

  SlotTable slots_;
  ContextGroup<kShape> bits_;
  std::uint64_t last_ = 0;
};

constexpr std::size_t kMixedBytes = std::size_t{64} << 10;

template <std::uint32_t kContexts>
Bytes mix_encode_all(const Bytes& image) {
  ByteModel<kContexts> model;
  RangeEncoder encoder;
  for (const std::uint8_t byte : image) model.code(encoder, byte);
  return encoder.finish();
}

template <std::uint32_t kContexts>
void mix_encode(benchmark::State& state) {
  const Bytes image = Program::make(1, kMixedBytes).linked();
  for (auto _ : state) benchmark::DoNotOptimize(mix_encode_all<kContexts>(image).data());
  set_bits(state, 8 * image.size());
}
BENCHMARK(mix_encode<6>)->Unit(benchmark::kMillisecond);
BENCHMARK(mix_encode<12>)->Unit(benchmark::kMillisecond);

template <std::uint32_t kContexts>
void mix_decode(benchmark::State& state) {
  const Bytes image = Program::make(1, kMixedBytes).linked();
  const Bytes coded = mix_encode_all<kContexts>(image);
  Bytes out(image.size());
  for (auto _ : state) {
    ByteModel<kContexts> model;
    RangeDecoder decoder(coded);
    for (std::uint8_t& byte : out) byte = model.code(decoder, 0);
  }
  if (out != image) state.SkipWithError("decoded something else");
  set_bits(state, 8 * image.size());
}
BENCHMARK(mix_decode<6>)->Unit(benchmark::kMillisecond);
BENCHMARK(mix_decode<12>)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace skiff::bench
