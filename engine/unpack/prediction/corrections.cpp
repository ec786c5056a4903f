#include "unpack/prediction/corrections.hpp"

#include <algorithm>

#include "base/varint.hpp"
#include "unpack/prediction/code_lengths.hpp"

namespace skiff::unpack::prediction {
namespace {

/// The first byte of a block's corrections: bits 0 and 1 are its type, then these.
enum Flag : std::uint8_t {
  kLast = 1 << 2,
  kCount = 1 << 3,          ///< it has not as many tokens as the block before
  kLengths = 1 << 4,        ///< code lengths are not as predicted
  kSymbols = 1 << 5,        ///< they are written in other symbols
  kSymbolLengths = 1 << 6,  ///< the code of these is another
  kPadding = 1 << 7,        ///< the bits up to the next byte are not zeros
};
constexpr std::uint8_t kTypeBits = 3;
constexpr std::size_t kMinLiterals = 257;

tl::unexpected<Error> no_block(std::string what) {
  return fail(ErrorKind::kMismatch, "corrections of a deflate stream with " + std::move(what));
}

/// Where two rows of lengths differ: how many, then the places between and what stands there.
void put_changes(Bytes& out, const std::vector<std::uint8_t>& predicted,
                 const std::vector<std::uint8_t>& real) {
  Bytes changes;
  std::uint64_t count = 0;
  std::size_t next = 0;
  for (std::size_t at = 0; at < real.size(); ++at) {
    if (real[at] == (at < predicted.size() ? predicted[at] : 0)) continue;
    put_varint(changes, at - next);
    changes.push_back(real[at]);
    next = at + 1;
    ++count;
  }
  put_varint(out, real.size());
  put_varint(out, count);
  put_bytes(out, changes);
}

Result<void> take_changes(Cursor& in, std::vector<std::uint8_t>& lengths, std::size_t least,
                          std::size_t most) {
  constexpr std::uint8_t kMaxBits = 15;
  SKIFF_ASSIGN(const std::uint64_t size, in.varint());
  if (size < least || size > most) return no_block(std::to_string(size) + " code lengths");
  lengths.resize(static_cast<std::size_t>(size), 0);
  SKIFF_ASSIGN(std::uint64_t count, in.varint());
  for (std::size_t next = 0; count > 0; --count, ++next) {
    SKIFF_ASSIGN(const std::uint64_t gap, in.varint());
    if (gap >= lengths.size() - next) return no_block("a code length past the last one");
    next += static_cast<std::size_t>(gap);
    SKIFF_ASSIGN(lengths[next], in.u8());
    if (lengths[next] > kMaxBits) return no_block("a code of more than 15 bits");
  }
  return {};
}

/// A dynamic block's codes: what is not as predicted of them, in the order in which one follows from the
/// other.
std::uint8_t put_codes(Bytes& out, const Block& block) {
  std::uint8_t flags = 0;
  const CodeLengths predicted = predict_lengths(block.tokens);
  if (predicted != block.lengths) {
    flags |= kLengths;
    put_changes(out, predicted.literals, block.lengths.literals);
    put_changes(out, predicted.distances, block.lengths.distances);
  }
  if (predict_symbols(block.lengths) != block.symbols) {
    flags |= kSymbols;
    put_varint(out, block.symbols.size());
    for (const LengthSymbol& symbol : block.symbols) {
      out.push_back(symbol.symbol);
      if (symbol.symbol > 15) out.push_back(symbol.extra);
    }
  }
  Block own;
  own.symbols = block.symbols;
  predict_symbol_lengths(own);
  if (own.symbol_lengths != block.symbol_lengths || own.symbol_count != block.symbol_count) {
    flags |= kSymbolLengths;
    out.push_back(block.symbol_count);
    for (std::size_t i = 0; i < block.symbol_count; ++i) out.push_back(block.symbol_lengths[kSymbolOrder[i]]);
  }
  return flags;
}

Result<void> take_symbols(Cursor& in, Block& block) {
  constexpr std::array<std::uint8_t, 3> kMostExtra{3, 7, 127};
  SKIFF_ASSIGN(const std::uint64_t count, in.varint());
  if (count > kLiterals + kDistances) return no_block("too many symbols of code lengths");
  block.symbols.clear();
  for (std::uint64_t i = 0; i < count; ++i) {
    LengthSymbol symbol;
    SKIFF_ASSIGN(symbol.symbol, in.u8());
    if (symbol.symbol >= kLengthCodes) return no_block("a symbol of code lengths that is none");
    if (symbol.symbol > 15) {
      SKIFF_ASSIGN(symbol.extra, in.u8());
      if (symbol.extra > kMostExtra[symbol.symbol - 16u]) return no_block("too long a run of code lengths");
    }
    block.symbols.push_back(symbol);
  }
  return {};
}

Result<void> take_symbol_lengths(Cursor& in, Block& block) {
  constexpr std::uint8_t kMaxBits = 7;
  SKIFF_ASSIGN(block.symbol_count, in.u8());
  if (block.symbol_count < 4 || block.symbol_count > kLengthCodes)
    return no_block("a length code of no length");
  block.symbol_lengths.fill(0);
  for (std::size_t i = 0; i < block.symbol_count; ++i) {
    std::uint8_t& length = block.symbol_lengths[kSymbolOrder[i]];
    SKIFF_ASSIGN(length, in.u8());
    if (length > kMaxBits) return no_block("a length code of more than 7 bits");
  }
  return {};
}

Result<void> take_codes(Cursor& in, std::uint8_t flags, Block& block) {
  block.lengths = predict_lengths(block.tokens);
  if ((flags & kLengths) != 0) {
    SKIFF_TRY(take_changes(in, block.lengths.literals, kMinLiterals, kLiterals));
    SKIFF_TRY(take_changes(in, block.lengths.distances, 1, kDistances));
  }
  if ((flags & kSymbols) != 0)
    SKIFF_TRY(take_symbols(in, block));
  else
    block.symbols = predict_symbols(block.lengths);
  if ((flags & kSymbolLengths) != 0) return take_symbol_lengths(in, block);
  predict_symbol_lengths(block);
  return {};
}

void put_token(Bytes& out, const Token& token, TokenPredictor& predictor) {
  put_varint(out, token.length);
  if (token.length == 0) return;
  const std::uint32_t rank = predictor.rank_of(span_of(token), token.value);
  put_varint(out, rank);
  if (rank == 0) put_varint(out, token.value - 1u);
}

bool put_tokens(Bytes& out, const Block& block, TokenPredictor& predictor) {
  std::uint64_t right = 0;
  for (const Token& token : block.tokens) {
    if (predictor.exhausted()) return false;
    if (predictor.predict() == token) {
      ++right;
    } else {
      put_varint(out, right + 1);
      put_token(out, token, predictor);
      right = 0;
    }
    predictor.accept(token);
  }
  put_varint(out, 0);
  return true;
}

Result<Token> take_token(Cursor& in, ByteView content, TokenPredictor& predictor) {
  SKIFF_ASSIGN(const std::uint64_t length, in.varint());
  const std::size_t at = predictor.position();
  if (length == 0) return Token{0, content[at]};
  if (length < kMinMatch || length > kLongMatch)
    return no_block("a match of " + std::to_string(length) + " bytes");
  Token token{static_cast<std::uint16_t>(length), 0};
  SKIFF_ASSIGN(const std::uint64_t rank, in.varint());
  std::uint64_t distance = 0;
  if (rank != 0) {
    distance =
        rank > kMaxDistance ? 0 : predictor.distance_of(span_of(token), static_cast<std::uint32_t>(rank));
  } else {
    SKIFF_ASSIGN(distance, in.varint());
    if (distance < kMaxDistance) ++distance;
  }
  if (distance == 0 || distance > kMaxDistance || distance > at || span_of(token) > content.size() - at)
    return no_block("a match outside of its content");
  token.value = static_cast<std::uint16_t>(distance);
  return token;
}

Result<void> take_tokens(Cursor& in, ByteView content, std::size_t count, Block& block,
                         TokenPredictor& predictor) {
  block.tokens.clear();
  for (;;) {
    SKIFF_ASSIGN(const std::uint64_t until, in.varint());
    std::uint64_t right = until == 0 ? count - block.tokens.size() : until - 1;
    if (right > count - block.tokens.size()) return no_block("more tokens than it says");
    for (; right > 0; --right) {
      if (predictor.position() == content.size()) return no_block("a token past its content");
      block.tokens.push_back(predictor.predict());
      predictor.accept(block.tokens.back());
    }
    if (until == 0) return {};
    if (predictor.position() == content.size() || block.tokens.size() == count)
      return no_block("a token past its content");
    (void)predictor.predict();
    SKIFF_ASSIGN(const Token token, take_token(in, content, predictor));
    block.tokens.push_back(token);
    predictor.accept(token);
  }
}

}  // namespace

bool write_corrections(Bytes& out, const Block& block, std::size_t expected, TokenPredictor& predictor) {
  const std::size_t begin = out.size();
  auto flags = static_cast<std::uint8_t>(block.type);
  if (block.last) flags |= kLast;
  if (block.padding != 0) flags |= kPadding;
  out.push_back(flags);
  if (block.padding != 0) out.push_back(block.padding);
  if (block.type == BlockType::kStored) {
    put_varint(out, block.stored);
    predictor.skip(block.stored);
    return true;
  }
  if (block.tokens.size() != expected) {
    flags |= kCount;
    put_varint(out, block.tokens.size());
  }
  if (!put_tokens(out, block, predictor)) return false;
  if (block.type == BlockType::kDynamic) flags |= put_codes(out, block);
  out[begin] = flags;
  return true;
}

Result<void> read_corrections(Cursor& corrections, Block& block, std::size_t expected,
                              TokenPredictor& predictor) {
  const ByteView content = predictor.content();
  SKIFF_ASSIGN(const std::uint8_t flags, corrections.u8());
  if ((flags & kTypeBits) == kTypeBits) return no_block("a type that is none");
  block.type = static_cast<BlockType>(flags & kTypeBits);
  block.last = (flags & kLast) != 0;
  block.padding = 0;
  if ((flags & kPadding) != 0) {
    SKIFF_ASSIGN(block.padding, corrections.u8());
  }
  if (block.type == BlockType::kStored) {
    SKIFF_ASSIGN(const std::uint64_t stored, corrections.varint());
    if (stored > 0xffff || stored > content.size() - predictor.position())
      return no_block("more stored bytes than there are");
    block.stored = static_cast<std::uint16_t>(stored);
    predictor.skip(block.stored);
    return {};
  }
  std::uint64_t count = expected;
  if ((flags & kCount) != 0) {
    SKIFF_ASSIGN(count, corrections.varint());
  }
  if (count > kMaxTokens) return no_block("too many tokens");
  SKIFF_TRY(take_tokens(corrections, content, static_cast<std::size_t>(count), block, predictor));
  return block.type == BlockType::kDynamic ? take_codes(corrections, flags, block) : Result<void>{};
}

}  // namespace skiff::unpack::prediction
