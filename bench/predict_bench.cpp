// Prediction by itself: cutting copied bytes into tokens, and saying what each becomes in the result.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "images.hpp"
#include "predict/predictor.hpp"
#include "yardsticks.hpp"

namespace skiff::bench {
namespace {

constexpr std::size_t kLength = std::size_t{1} << 20;
constexpr std::uint64_t kAddress = 0x40080000;
constexpr std::uint64_t kCopyLength = 4096;
constexpr std::uint64_t kGap = 16;  ///< bytes that the result has more before each copy
constexpr unsigned kCacheBits = 14;

std::vector<Moved> make_copies() {
  std::vector<Moved> copies;
  for (std::uint64_t at = 0; at < kLength; at += kCopyLength) {
    copies.push_back({at, at + (copies.size() + 1) * kGap, kCopyLength});
  }
  return copies;
}

Bytes make_image() {
  Bytes image = Program::make(1, kLength).linked();
  image.resize(kLength);
  return image;
}

ImageTyping one_space(std::uint64_t length, Kind kind) {
  Space space{
      .begin = 0, .end = length, .low = kAddress, .high = kAddress + length, .addresses = {}, .types = {}};
  space.addresses.push_back({.offset = 0, .length = length, .address = kAddress});
  space.types.push_back({.offset = 0, .length = length, .kind = kind});
  return {space};
}

/// Everything a window's prediction looks things up in, over an image that moved in pieces.
struct Window {
  explicit Window(Kind kind) : base_typing(one_space(kLength, kind)) {
    moved.build(static_cast<std::uint32_t>(copies.size()), [this](std::uint32_t i) { return copies[i]; });
  }
  Bytes image = make_image();
  ViewSource base{image};
  std::vector<Moved> copies = make_copies();
  ImageTyping base_typing;
  ImageTyping result_typing = one_space(2 * kLength, Kind::kRaw);
  AddressMap base_addresses{base_typing};
  AddressMap result_addresses{result_typing};
  InverseMap moved;
  Translator translator{result_addresses, moved};
};

/// Calls `visit` with each token of each copy; gives the number of tokens.
template <class Visit>
std::size_t walk(const Window& window, benchmark::State& state, const Visit& visit) {
  const Space& space = window.base_typing.front();
  BaseChunk chunk;
  const Tokenizer tokenizer(chunk, window.base_addresses, &space, space.types.front());
  std::size_t tokens = 0;
  for (const Moved& copy : window.copies) {
    if (!chunk.read(window.base, copy.base_offset, copy.length)) state.SkipWithError("unreadable");
    const std::uint64_t end = copy.base_offset + copy.length;
    for (std::uint64_t at = copy.base_offset; at < end; ++tokens) {
      PlacedToken placed{tokenizer.next(at, end), at + copy.result_offset - copy.base_offset, &space};
      visit(placed, copy);
      at += placed.token.length;
    }
  }
  return tokens;
}

void finish(benchmark::State& state, const Race& race, std::size_t tokens) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(tokens));
  race.finish(state, kLength);
}

void tokenize(benchmark::State& state) {
  const Window window(static_cast<Kind>(state.range(0)));
  std::size_t tokens = 0;
  const Race race(memcpy_of_result());
  for (auto _ : state) {
    tokens = walk(window, state, [](const PlacedToken& placed, const Moved&) {
      benchmark::DoNotOptimize(placed.token.old);
    });
  }
  finish(state, race, tokens);
}

/// The primary candidate is taken for the true value, as it mostly is.
void predict(benchmark::State& state) {
  const Window window(static_cast<Kind>(state.range(0)));
  Predictor predictor(window.result_addresses, window.translator, kCacheBits);
  std::size_t tokens = 0;
  const Race race(memcpy_of_result());
  for (auto _ : state) {
    predictor.reset();
    tokens = walk(window, state, [&predictor](PlacedToken& placed, const Moved& copy) {
      const Prediction prediction = predictor.predict(placed, copy, 0);
      predictor.learn(placed, prediction, prediction.candidates[0].value, 0);
    });
  }
  finish(state, race, tokens);
}

void choose(benchmark::internal::Benchmark* bench) {
  bench->ArgName("kind")->Unit(benchmark::kMillisecond);
  for (const Kind kind : {Kind::kA64, Kind::kX64, Kind::kThumb, Kind::kPointer64}) {
    bench->Arg(static_cast<int>(kind));
  }
}
BENCHMARK(tokenize)->Apply(choose);
BENCHMARK(predict)->Apply(choose);

}  // namespace
}  // namespace skiff::bench
