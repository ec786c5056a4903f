#include "images.hpp"

#include <array>
#include <random>
#include <string_view>

namespace skiff::bench {
namespace {

using Random = std::mt19937_64;

constexpr std::uint64_t kAddress = 0x40080000;
constexpr std::size_t kWord = 4;
constexpr std::uint32_t kBytesPerFunction = 512;  ///< on average, with its entry in the table
constexpr std::uint32_t kConstants = 1024;
constexpr std::uint32_t kPage = 4096;
constexpr std::uint32_t kPageOfX0 = 0x90000000;  // adrp x0, …
constexpr std::uint32_t kAddToX0 = 0x91000000;   // add x0, x0, …
constexpr std::uint32_t kCall = 0x94000000;      // bl …
constexpr std::uint32_t kReturn = 0xd65f03c0;
// stp, mov, ldr, str, add, cmp, b.ne, mov, movz, lsl, and, ldp: what most of compiled code is
constexpr std::array<std::uint32_t, 12> kOpcodes = {0xa9bf7bfd, 0x910003fd, 0xf9400000, 0xb9000000,
                                                    0x8b000000, 0xf100001f, 0x54000041, 0xaa0003e0,
                                                    0x52800000, 0xd3400000, 0x92400000, 0xa8c17bfd};
constexpr std::string_view kText = "error: cannot open the file; option needs an argument; out of memory";

template <std::size_t bytes>
void append(Bytes& out, std::uint64_t value) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

/// Writes functions.
class Program::Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  Function write(std::uint32_t id, std::uint32_t ids) {
    Function function{.id = id, .words = {}, .references = {}};
    const std::uint32_t length = 16 + below(2 * kBytesPerFunction / kWord - 32);
    while (function.words.size() < length) {
      const auto at = static_cast<std::uint32_t>(function.words.size());
      if (const std::uint32_t dice = below(16); dice == 0) {
        function.references.push_back({at, below(ids), true});
        function.words.push_back(kCall);
      } else if (dice == 1) {
        function.references.push_back({at, below(kConstants), false});
        function.words.insert(function.words.end(), {kPageOfX0, kAddToX0});
      } else {
        function.words.push_back(instruction());
      }
    }
    function.words.push_back(kReturn);
    return function;
  }

  /// Some instructions more, which refer to nothing, somewhere in the middle.
  void extend(Function& function) {
    const auto at = below(static_cast<std::uint32_t>(function.words.size()));
    const std::uint32_t more = 1 + below(6);
    std::uint32_t from = at;
    for (Reference& reference : function.references) {
      if (!reference.call && reference.word + 1 == from) ++from;  // not between adrp and add
    }
    for (Reference& reference : function.references) reference.word += reference.word >= from ? more : 0;
    for (std::uint32_t i = 0; i < more; ++i) {
      function.words.insert(function.words.begin() + from, instruction());
    }
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

 private:
  /// Low registers are used more than high ones.
  std::uint32_t instruction() {
    const std::uint32_t opcode = kOpcodes[below(kOpcodes.size())];
    return opcode | below(1 + below(20)) | below(1 + below(20)) << 5;
  }

  Random random_;
};

/// Knows where everything is.
class Program::Linker {
 public:
  explicit Linker(const Program& program) : places_(program.ids_, kAddress) {
    std::uint64_t at = kAddress;
    for (const Function& function : program.functions_) {
      places_[function.id] = at;
      at += function.words.size() * kWord;
    }
    constants_ = at;
  }

  [[nodiscard]] std::uint64_t place(std::uint32_t function) const { return places_[function]; }

  void append_code(Bytes& out, Function function) const {
    for (const Reference& reference : function.references) {
      const std::uint64_t at = places_[function.id] + reference.word * kWord;
      std::uint32_t& word = function.words[reference.word];
      if (reference.call) {
        word |= static_cast<std::uint32_t>((places_[reference.target] - at) / kWord) & 0x3ffffff;
        continue;
      }
      const std::uint64_t target = constants_ + reference.target * kText.size();
      const auto pages = static_cast<std::uint32_t>(target / kPage - at / kPage);
      word |= (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5;
      function.words[reference.word + 1] |= static_cast<std::uint32_t>(target % kPage) << 10;
    }
    for (const std::uint32_t word : function.words) append<kWord>(out, word);
  }

 private:
  std::vector<std::uint64_t> places_;  ///< by id; of a function that is gone, the image's begin
  std::uint64_t constants_ = 0;
};

Program Program::make(std::uint64_t seed, std::size_t length) {
  Author author(seed);
  Program program;
  program.ids_ = static_cast<std::uint32_t>(length / kBytesPerFunction);
  for (std::uint32_t id = 0; id < program.ids_; ++id) {
    program.functions_.push_back(author.write(id, program.ids_));
  }
  return program;
}

Program Program::revised(std::uint64_t seed) const {
  Author author(seed);
  Program next;
  next.ids_ = ids_;
  for (const Function& function : functions_) {
    const std::uint32_t fate = author.below(30);
    if (fate == 0) continue;
    next.functions_.push_back(function);
    if (fate == 1) author.extend(next.functions_.back());
    if (fate == 2) next.functions_.push_back(author.write(next.ids_++, ids_));
  }
  return next;
}

Bytes Program::linked() const {
  const Linker linker(*this);
  Bytes out;
  for (const Function& function : functions_) linker.append_code(out, function);
  for (std::uint32_t i = 0; i < kConstants; ++i) {
    for (std::size_t at = 0; at < kText.size(); ++at) {
      out.push_back(static_cast<std::uint8_t>(kText[(at + i) % kText.size()]));
    }
  }
  while (out.size() % sizeof(std::uint64_t) != 0) out.push_back(0);
  for (const Function& function : functions_) append<sizeof(std::uint64_t)>(out, linker.place(function.id));
  return out;
}

Bytes make_noise(std::uint64_t seed, std::size_t length) {
  Random random(seed);
  Bytes bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

}  // namespace skiff::bench
