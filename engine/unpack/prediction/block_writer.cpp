#include "unpack/prediction/block_writer.hpp"

namespace skiff::unpack::prediction {

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

void BlockWriter::put(std::uint32_t bits, unsigned count) {
  bits_ |= std::uint64_t{bits} << held_;
  held_ += count;
  if (held_ < 32) return;
  for (unsigned byte = 0; byte < 4; ++byte)
    ready_[used_ + byte] = static_cast<std::uint8_t>(bits_ >> 8 * byte);
  used_ += 4;
  bits_ >>= 32;
  held_ -= 32;
}

void BlockWriter::put_whole_bytes() {
  for (; held_ >= 8; held_ -= 8) {
    ready_[used_++] = static_cast<std::uint8_t>(bits_);
    bits_ >>= 8;
  }
}

Result<void> BlockWriter::put_code(const Codes& codes, std::size_t symbol) {
  if (symbol >= codes.size() || codes[symbol].length == 0)
    return fail(ErrorKind::kMismatch, "corrections of a deflate stream name a symbol that has no code");
  put(codes[symbol].bits, codes[symbol].length);
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

Result<void> BlockWriter::finish() {
  put_whole_bytes();
  return hand_on(0);
}

void BlockWriter::pad(const Block& block) {
  const unsigned free = (8 - held_ % 8) % 8;
  put(block.padding & ((1u << free) - 1), free);
}

Result<void> BlockWriter::write_stored(const Block& block, ByteView stored) {
  pad(block);
  put(block.stored, 16);
  put(block.stored ^ 0xffffu, 16);
  put_whole_bytes();
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
  constexpr std::size_t kFirstLength = 257;
  const Codes literals = codes_of(lengths.literals);
  const Codes distances = codes_of(lengths.distances);
  for (const Token& token : block.tokens) {
    SKIFF_TRY(hand_on(kHandOn));
    if (token.length == 0) {
      SKIFF_TRY(put_code(literals, token.value));
      continue;
    }
    const std::size_t length = length_bucket(token.length);
    SKIFF_TRY(put_code(literals, kFirstLength + length));
    const std::size_t bytes = span_of(token);
    put(static_cast<std::uint32_t>(bytes - kLengthBuckets[length].base), kLengthBuckets[length].bits);
    const std::size_t distance = distance_bucket(token.value);
    SKIFF_TRY(put_code(distances, distance));
    put(static_cast<std::uint32_t>(token.value - kDistanceBuckets[distance].base),
        kDistanceBuckets[distance].bits);
  }
  return put_code(literals, kEndOfBlock);
}

Result<void> BlockWriter::hand_on(std::size_t more_than) {
  if (used_ <= more_than) return {};
  SKIFF_TRY(packed_.write(ByteView(ready_).first(used_)));
  used_ = 0;
  return {};
}

}  // namespace skiff::unpack::prediction
