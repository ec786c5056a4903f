#include "unpack/prediction/block_writer.hpp"

#include "base/little_endian.hpp"

namespace skiff::unpack::prediction {
namespace {

tl::unexpected<Error> no_code() {
  return fail(ErrorKind::kMismatch, "corrections of a deflate stream name a symbol that has no code");
}

}  // namespace

BlockWriter::Codes BlockWriter::codes_of(ByteView lengths) {
  constexpr unsigned kMaxBits = 15;
  std::array<std::uint32_t, kMaxBits + 2> next{};
  for (const std::uint8_t length : lengths)
    if (length != 0) ++next[length + 1u];
  for (unsigned bits = 2; bits < next.size(); ++bits) next[bits] = (next[bits] + next[bits - 1]) << 1;
  Codes codes(lengths.size());
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const unsigned length = lengths[symbol];
    if (length == 0) continue;
    const std::uint32_t code = next[length]++;
    std::uint32_t bits = 0;
    for (unsigned i = 0; i < length; ++i) bits |= (code >> i & 1) << (length - 1 - i);
    codes[symbol] = {static_cast<std::uint16_t>(bits), static_cast<std::uint8_t>(length)};
  }
  return codes;
}

inline void BlockWriter::put(std::uint64_t bits, unsigned count) {
  bits_ |= bits << held_;
  held_ += count;
  store_little(ready_.data() + used_, bits_);
  used_ += held_ / 8;
  bits_ >>= held_ / 8 * 8;
  held_ %= 8;
}

/// A code of 0 bits: there is none.
inline BlockWriter::Code BlockWriter::code_of(const Codes& codes, std::size_t symbol) {
  return symbol < codes.size() ? codes[symbol] : Code{};
}

Result<void> BlockWriter::put_code(const Codes& codes, std::size_t symbol) {
  const Code code = code_of(codes, symbol);
  if (code.length == 0) return no_code();
  put(code.bits, code.length);
  return {};
}

Result<void> BlockWriter::write(const Block& block, ByteView stored) {
  put(block.last ? 1 : 0, 1);
  put(static_cast<std::uint32_t>(block.type), 2);
  switch (block.type) {
    case BlockType::kStored:
      return write_stored(block, stored);
    case BlockType::kFixed:
      SKIFF_TRY(write_tokens(block, fixed_lengths()));
      break;
    case BlockType::kDynamic:
      SKIFF_TRY(write_lengths(block));
      SKIFF_TRY(write_tokens(block, block.lengths));
      break;
  }
  if (block.last) pad(block);
  return hand_on(kHandOn);
}

Result<void> BlockWriter::finish() { return hand_on(0); }

void BlockWriter::pad(const Block& block) {
  const unsigned free = (8 - held_ % 8) % 8;
  put(block.padding & ((1u << free) - 1), free);
}

Result<void> BlockWriter::write_stored(const Block& block, ByteView stored) {
  pad(block);
  put(block.stored, 16);
  put(block.stored ^ 0xffffu, 16);
  SKIFF_TRY(hand_on(0));
  return packed_.write(stored);
}

Result<void> BlockWriter::write_lengths(const Block& block) {
  put(static_cast<std::uint32_t>(block.lengths.literals.size() - 257), 5);
  put(static_cast<std::uint32_t>(block.lengths.distances.size() - 1), 5);
  put(block.symbol_count - 4u, 4);
  for (std::size_t i = 0; i < block.symbol_count; ++i) put(block.symbol_lengths[kSymbolOrder[i]], 3);
  const Codes codes = codes_of(block.symbol_lengths);
  for (const LengthSymbol& symbol : block.symbols) {
    SKIFF_TRY(put_code(codes, symbol.symbol));
    put(symbol.extra, extra_bits(symbol.symbol));
    SKIFF_TRY(hand_on(kHandOn));
  }
  return {};
}

Result<void> BlockWriter::write_tokens(const Block& block, const CodeLengths& lengths) {
  const Codes literals = codes_of(lengths.literals);
  const Codes distances = codes_of(lengths.distances);
  for (const Token& token : block.tokens) {
    if (used_ > kHandOn) SKIFF_TRY(hand_on(kHandOn));
    if (token.length == 0) {
      SKIFF_TRY(put_code(literals, token.value));
    } else {
      SKIFF_TRY(put_match(literals, distances, token));
    }
  }
  return put_code(literals, kEndOfBlock);
}

/// All of its bits at once.
inline Result<void> BlockWriter::put_match(const Codes& literals, const Codes& distances,
                                           const Token& token) {
  constexpr std::size_t kFirstLength = 257;
  const std::size_t length = length_bucket(token.length);
  const std::size_t distance = distance_bucket(token.value);
  const Code near = code_of(literals, kFirstLength + length);
  const Code far = code_of(distances, distance);
  if (near.length == 0 || far.length == 0) return no_code();
  const unsigned extra = kLengthBuckets[length].bits;
  std::uint64_t bits = token.value - std::size_t{kDistanceBuckets[distance].base};
  bits = bits << far.length | far.bits;
  bits = bits << extra | (span_of(token) - kLengthBuckets[length].base);
  bits = bits << near.length | near.bits;
  put(bits, near.length + extra + far.length + kDistanceBuckets[distance].bits);
  return {};
}

Result<void> BlockWriter::hand_on(std::size_t more_than) {
  if (used_ <= more_than) return {};
  SKIFF_TRY(packed_.write(ByteView(ready_).first(used_)));
  used_ = 0;
  return {};
}

}  // namespace skiff::unpack::prediction
