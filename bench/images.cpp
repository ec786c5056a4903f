#include "images.hpp"

#include <array>
#include <random>
#include <string_view>

namespace skiff::bench {
namespace {

using Random = std::mt19937_64;

constexpr std::size_t kWord = 4;
constexpr std::size_t kStepMin = 1024;     ///< bytes between two changes of a revision
constexpr std::size_t kStepSpread = 8192;  ///< and how much more at most
constexpr std::array<std::uint32_t, 12> kOpcodes = {0xa9bf7bfd, 0x910003fd, 0xd65f03c0, 0xf9400000,
                                                    0xb9000000, 0x94000000, 0x90000000, 0x91000000,
                                                    0x54000001, 0xaa0003e0, 0x52800000, 0x14000000};
constexpr std::string_view kText = "error: cannot open the file; option needs an argument; out of memory\n";

void append_word(Bytes& bytes, std::uint32_t word) {
  for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(word >> shift));
}

void append_code(Bytes& bytes, Random& random, std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint32_t opcode = kOpcodes[random() % kOpcodes.size()];
    append_word(bytes, opcode | static_cast<std::uint32_t>(random() % 64 << 5));
  }
}

void append_piece(Bytes& out, const Bytes& program, std::size_t from, std::size_t to, std::uint32_t shift) {
  const std::size_t start = out.size();
  out.insert(out.end(), program.begin() + static_cast<std::ptrdiff_t>(from),
             program.begin() + static_cast<std::ptrdiff_t>(to));
  // About one word in sixteen is a call across the change: its field moves with the code.
  for (std::size_t at = start; at + kWord <= out.size(); at += 16 * kWord) {
    out[at] = static_cast<std::uint8_t>(out[at] + shift);
  }
}

}  // namespace

Bytes make_program(std::uint64_t seed, std::size_t length) {
  Random random(seed);
  Bytes bytes;
  bytes.reserve(length + kStepSpread);
  while (bytes.size() < length) {
    append_code(bytes, random, 64 + random() % 512);
    const std::size_t words = random() % kText.size();
    const ByteView text = as_bytes(kText.substr(0, words - words % kWord));
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  bytes.resize(length);
  return bytes;
}

Bytes make_noise(std::uint64_t seed, std::size_t length) {
  Random random(seed);
  Bytes bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes revise(const Bytes& program, std::uint64_t seed) {
  Random random(seed);
  Bytes out;
  out.reserve(program.size() + program.size() / 8);
  std::uint32_t shift = 0;
  std::size_t at = 0;
  while (at < program.size()) {
    const std::size_t end = std::min(program.size(), at + kStepMin + random() % kStepSpread);
    append_piece(out, program, at, end, shift);
    const std::size_t changed = random() % 16 * kWord;
    if (random() % 3 != 0) append_code(out, random, changed / kWord);
    at = random() % 3 == 0 ? end + changed : end;
    shift = static_cast<std::uint32_t>(random() % 8);
  }
  return out;
}

}  // namespace skiff::bench
