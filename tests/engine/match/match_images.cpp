#include "tests/engine/match/match_images.hpp"

#include <random>

#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {

Bytes code(std::size_t words, std::uint32_t seed, std::uint32_t shift) {
  std::mt19937 random(seed);
  Bytes out;
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint32_t kind = random() % 8;
    std::uint32_t word = 0x91000000u | (kind << 20) | (random() % 32);
    if (kind == 0) word = 0x94000000u | ((random() % 4096 + shift) & 0x3ffffff);
    for (unsigned k = 0; k < 4; ++k) out.push_back(static_cast<std::uint8_t>(word >> (8 * k)));
  }
  return out;
}

Bytes symbol_table(std::size_t length, std::uint32_t shift) {
  std::string text;
  for (std::uint32_t i = 0; text.size() < length; ++i) {
    const std::uint32_t address = 0x1000u + i * 16 + shift;
    for (unsigned k = 0; k < 4; ++k) text.push_back(static_cast<char>(address >> (8 * k)));
    text += "T__sys_call_handler_" + std::to_string(i / 3) +
            (i % 3 == 0   ? "_init"
             : i % 3 == 1 ? "_exit"
                          : "_probe");
  }
  text.resize(length);
  const ByteView bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

Bytes de_bruijn(unsigned order) {
  // Greedy "prefer one" construction (Martin 1934).
  std::vector<bool> seen(std::size_t{1} << order);
  const std::size_t mask = seen.size() - 1;
  Bytes out(order, 0);
  std::size_t state = 0;
  seen[0] = true;
  for (;;) {
    const std::size_t one = ((state << 1) | 1) & mask;
    const std::size_t zero = (state << 1) & mask;
    if (!seen[one]) {
      state = one;
    } else if (!seen[zero]) {
      state = zero;
    } else {
      return out;
    }
    seen[state] = true;
    out.push_back(static_cast<std::uint8_t>(0x41 + (state & 1)));
  }
}

Bytes relocations(std::size_t length, std::uint32_t shift, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes out;
  for (std::uint32_t i = 0; out.size() < length; ++i) {
    const auto target = static_cast<std::uint32_t>(random() % (1u << 22));
    for (const std::uint32_t word : {0x100000u + shift + i * 8, 0u, 0x403u, 0u, target, 0u}) {
      for (unsigned k = 0; k < 4; ++k) out.push_back(static_cast<std::uint8_t>(word >> (8 * k)));
    }
  }
  out.resize(length);
  return out;
}

Bytes repeated(const Bytes& period, std::size_t length) {
  Bytes out;
  while (out.size() < length) out.insert(out.end(), period.begin(), period.end());
  out.resize(length);
  return out;
}

std::vector<MatchPair> ordinary_pairs() {
  const Bytes text = prose(40'000, 1);
  const Bytes random = noise(40'000, 2);
  const Bytes program = code(10'000, 3, 0);
  const auto cut = [](const Bytes& bytes, std::size_t at, std::size_t length) {
    return part(bytes, at, length);
  };
  return {
      {"identical", random, random},
      {"text", text, cut(text, 0, 9'001) + noise(33, 4) + cut(text, 9'001, 30'999)},
      {"deletion", random, cut(random, 0, 12'345) + cut(random, 12'445, 27'555)},
      {"swapped", random, cut(random, 20'000, 20'000) + cut(random, 0, 20'000)},
      {"shifted code", program, code(10'000, 3, 77)},
      {"code in front", program, code(50, 9, 0) + code(10'000, 3, 3)},
      {"speckled", random, speckled(random, 50)},
      {"unrelated", random, noise(40'000, 5)},
      {"blocks moved", noise(65'536, 6),
       cut(noise(65'536, 6), 32'768, 32'768) + cut(noise(65'536, 6), 0, 32'768)},
      {"zeros among noise", random + Bytes(20'000),
       cut(random, 0, 10'000) + Bytes(30'000) + cut(random, 10'000, 9'000)},
      {"twice", cut(random, 0, 10'000), cut(random, 0, 10'000) + cut(random, 0, 10'000)},
      {"empty base", {}, text},
      {"empty result", text, {}},
      {"both empty", {}, {}},
  };
}

std::vector<MatchPair> hostile_pairs(std::size_t length) {
  const Bytes zeros(length);
  const Bytes short_period = repeated({1, 2, 3, 4, 5, 6, 7}, length);
  const Bytes long_period = repeated(noise(997, 7), length);
  Bytes sequence = de_bruijn(17);
  sequence.resize(length);
  return {
      {"zeros", zeros, zeros + Bytes{1} + zeros},
      {"period 7", short_period, Bytes{9} + short_period},
      {"period 997", long_period, part(long_period, length / 3, length - length / 3)},
      {"period 997, speckled", long_period, speckled(long_period, 61)},
      {"de Bruijn", sequence, part(sequence, length / 2, length / 2) + part(sequence, 0, length / 2)},
      {"noise", noise(length, 8), noise(length, 9)},
      {"symbols", symbol_table(length, 0), symbol_table(length, 48)},
      {"relocations", relocations(length, 0, 1), relocations(length, 64, 2)},
      {"sparse words", repeated({0, 0, 0, 5, 0, 0, 0, 0}, length),
       repeated({0, 0, 0, 6, 0, 0, 0, 0}, length)},
  };
}

}  // namespace skiff::testing
