#include "unpack/prediction/block_reader.hpp"

#include <algorithm>

namespace skiff::unpack::prediction {
namespace {

tl::unexpected<Error> no_deflate(std::size_t at) {
  return fail(ErrorKind::kMismatch,
              "no deflate stream that can be predicted, at its byte " + std::to_string(at));
}

/// The lowest `bits` bits of `code`, in reverse.
std::uint32_t reversed(std::uint32_t code, unsigned bits) {
  std::uint32_t out = 0;
  for (unsigned i = 0; i < bits; ++i) out |= (code >> i & 1) << (bits - 1 - i);
  return out;
}

}  // namespace

std::uint32_t BitReader::peek(unsigned count) {
  while (held_ < count) {
    if (at_ < bytes_.size())
      bits_ |= std::uint64_t{bytes_[at_]} << held_;
    else
      missing_ += 8;
    ++at_;
    held_ += 8;
  }
  return static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << count) - 1));
}

void BitReader::skip(unsigned count) {
  bits_ >>= count;
  held_ -= count;
}

std::uint32_t BitReader::take(unsigned count) {
  const std::uint32_t value = peek(count);
  skip(count);
  return value;
}

bool PrefixDecoder::build(ByteView lengths) {
  count_.fill(0);
  fast_.fill({});
  for (const std::uint8_t length : lengths) ++count_[length];
  const std::size_t used = lengths.size() - count_[0];
  count_[0] = 0;
  std::array<std::uint32_t, kMaxBits + 2> next_code{};
  std::array<std::uint16_t, kMaxBits + 2> next_place{};
  std::int64_t left = 1;
  for (unsigned bits = 1; bits <= kMaxBits; ++bits) {
    left = 2 * left - count_[bits];
    if (left < 0) return false;
    next_code[bits + 1] = (next_code[bits] + count_[bits]) << 1;
    next_place[bits + 1] = static_cast<std::uint16_t>(next_place[bits] + count_[bits]);
  }
  if (left != 0 && used > 1) return false;
  by_code_.assign(used, 0);
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const unsigned bits = lengths[symbol];
    if (bits == 0) continue;
    const std::uint32_t code = next_code[bits]++;
    by_code_[next_place[bits]++] = static_cast<std::uint16_t>(symbol);
    if (bits > kFast) continue;
    for (std::uint32_t at = reversed(code, bits); at < fast_.size(); at += 1u << bits)
      fast_[at] = {static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(bits)};
  }
  return true;
}

unsigned PrefixDecoder::next(BitReader& reader) const {
  const std::uint32_t ahead = reader.peek(kMaxBits);
  const Entry entry = fast_[ahead & (fast_.size() - 1)];
  if (entry.bits != 0) {
    reader.skip(entry.bits);
    return entry.symbol;
  }
  std::uint32_t code = 0;
  std::uint32_t first = 0;
  std::uint32_t place = 0;
  for (unsigned bits = 1; bits <= kMaxBits; ++bits) {
    code |= ahead >> (bits - 1) & 1;
    if (code - first < count_[bits]) {
      reader.skip(bits);
      return by_code_[place + (code - first)];
    }
    place += count_[bits];
    first = (first + count_[bits]) << 1;
    code <<= 1;
  }
  return kNone;
}

Result<void> BlockReader::next(Block& block) {
  block.last = bits_.take(1) != 0;
  const std::uint32_t type = bits_.take(2);
  block.type = static_cast<BlockType>(type);
  block.tokens.clear();
  block.padding = 0;
  bool good = false;
  switch (block.type) {
    case BlockType::kStored:
      good = read_stored(block);
      break;
    case BlockType::kFixed:
      good = literals_.build(fixed_lengths().literals) && distances_.build(fixed_lengths().distances) &&
             read_tokens(block);
      break;
    case BlockType::kDynamic:
      good = read_lengths(block) && read_tokens(block);
      break;
  }
  if (!good || bits_.overrun()) return no_deflate(position());
  if (block.last) {
    if (block.type != BlockType::kStored)
      block.padding = static_cast<std::uint8_t>(bits_.take(bits_.to_byte()));
    done_ = true;
  }
  return {};
}

bool BlockReader::read_stored(Block& block) {
  block.padding = static_cast<std::uint8_t>(bits_.take(bits_.to_byte()));
  block.stored = static_cast<std::uint16_t>(bits_.take(16));
  if ((bits_.take(16) ^ block.stored) != 0xffff) return false;
  stored_at_ = bits_.position();
  for (unsigned i = 0; i < block.stored && !bits_.overrun(); ++i) bits_.take(8);
  return true;
}

bool BlockReader::read_lengths(Block& block) {
  const std::size_t literals = bits_.take(5) + 257;
  const std::size_t distances = bits_.take(5) + 1;
  if (literals > kLiterals || distances > kDistances) return false;
  block.symbol_count = static_cast<std::uint8_t>(bits_.take(4) + 4);
  block.symbol_lengths.fill(0);
  for (std::size_t i = 0; i < block.symbol_count; ++i)
    block.symbol_lengths[kSymbolOrder[i]] = static_cast<std::uint8_t>(bits_.take(3));
  block.lengths.literals.clear();
  if (!literals_.build(block.symbol_lengths) || !read_symbols(block, literals + distances)) return false;
  auto& all = block.lengths.literals;
  block.lengths.distances.assign(all.begin() + static_cast<std::ptrdiff_t>(literals), all.end());
  all.resize(literals);
  return all[kEndOfBlock] != 0 && literals_.build(all) && distances_.build(block.lengths.distances);
}

/// All lengths go to `literals`.
bool BlockReader::read_symbols(Block& block, std::size_t count) {
  struct Repeat {
    std::uint8_t least;
    std::uint8_t bits;
  };
  constexpr std::array<Repeat, 3> kRepeats{{{3, 2}, {3, 3}, {11, 7}}};
  constexpr unsigned kFirstRepeat = 16;
  auto& all = block.lengths.literals;
  block.symbols.clear();
  while (all.size() < count) {
    const unsigned symbol = literals_.next(bits_);
    if (symbol == PrefixDecoder::kNone || bits_.overrun()) return false;
    if (symbol < kFirstRepeat) {
      block.symbols.push_back({static_cast<std::uint8_t>(symbol), 0});
      all.push_back(static_cast<std::uint8_t>(symbol));
      continue;
    }
    const Repeat repeat = kRepeats[symbol - kFirstRepeat];
    const std::uint32_t extra = bits_.take(repeat.bits);
    if (extra + repeat.least > count - all.size() || (symbol == kFirstRepeat && all.empty())) return false;
    block.symbols.push_back({static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(extra)});
    all.insert(all.end(), extra + repeat.least, symbol == kFirstRepeat ? all.back() : std::uint8_t{0});
  }
  return true;
}

bool BlockReader::read_tokens(Block& block) {
  for (;;) {
    const unsigned symbol = literals_.next(bits_);
    if (symbol == kEndOfBlock) return true;
    if (symbol == PrefixDecoder::kNone || bits_.overrun() || block.tokens.size() == kMaxTokens) return false;
    Token token{0, static_cast<std::uint16_t>(symbol)};
    if (symbol > kEndOfBlock && !read_match(symbol, token)) return false;
    block.tokens.push_back(token);
  }
}

bool BlockReader::read_match(unsigned symbol, Token& token) {
  constexpr unsigned kFirstLength = 257;
  if (symbol >= kLiterals) return false;
  const Bucket length = kLengthBuckets[symbol - kFirstLength];
  token.length = static_cast<std::uint16_t>(length.base + bits_.take(length.bits));
  if (token.length == kMaxMatch && length.bits != 0) token.length = kLongMatch;
  const unsigned far = distances_.next(bits_);
  if (far >= kDistances) return false;
  const Bucket distance = kDistanceBuckets[far];
  token.value = static_cast<std::uint16_t>(distance.base + bits_.take(distance.bits));
  return true;
}

}  // namespace skiff::unpack::prediction
