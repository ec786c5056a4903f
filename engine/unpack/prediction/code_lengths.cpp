#include "unpack/prediction/code_lengths.hpp"

#include <algorithm>

namespace skiff::unpack::prediction {
namespace {

/// Huffman's algorithm over a binary heap, as trees.c has it: of equal counts the shallower node comes first,
/// and which of equal nodes comes first follows from how the heap is sifted.
class TreeBuilder {
 public:
  TreeBuilder(std::span<const std::uint32_t> counts, unsigned max_length)
      : counts_(counts.begin(), counts.end()), leaves_(counts.size()), max_length_(max_length) {
    counts_.resize(2 * leaves_ + 1);
    depth_.resize(counts_.size());
    parent_.resize(counts_.size());
    lengths_.resize(counts_.size());
    heap_.push_back(0);  // its places count from 1
  }

  std::vector<std::uint8_t> build() {
    for (std::size_t symbol = 0; symbol < leaves_; ++symbol) {
      if (counts_[symbol] != 0) add_leaf(symbol);
    }
    while (heap_.size() < 3) {
      const std::size_t symbol = used_ < 3 && used_ < leaves_ ? used_ : 0;
      counts_[symbol] = 1;
      add_leaf(symbol);
    }
    for (std::size_t at = (heap_.size() - 1) / 2; at >= 1; --at) sift(at);
    join_nodes();
    set_lengths();
    lengths_.resize(used_);
    return std::move(lengths_);
  }

 private:
  void add_leaf(std::size_t symbol) {
    heap_.push_back(symbol);
    used_ = std::max(used_, symbol + 1);
  }

  [[nodiscard]] bool before(std::size_t a, std::size_t b) const {
    return counts_[a] != counts_[b] ? counts_[a] < counts_[b] : depth_[a] <= depth_[b];
  }

  void sift(std::size_t at) {
    const std::size_t node = heap_[at];
    for (std::size_t child = 2 * at; child < heap_.size(); child *= 2) {
      if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
      if (before(node, heap_[child])) break;
      heap_[at] = heap_[child];
      at = child;
    }
    heap_[at] = node;
  }

  void join_nodes() {
    std::size_t next = leaves_;
    do {
      const std::size_t least = heap_[1];
      heap_[1] = heap_.back();
      heap_.pop_back();
      sift(1);
      const std::size_t second = heap_[1];
      order_.push_back(least);
      order_.push_back(second);
      counts_[next] = counts_[least] + counts_[second];
      depth_[next] = static_cast<std::uint8_t>(std::max(depth_[least], depth_[second]) + 1);
      parent_[least] = parent_[second] = next;
      heap_[1] = next++;
      sift(1);
    } while (heap_.size() > 2);
    order_.push_back(heap_[1]);
  }

  /// From the root down; then as many leaves of each length as a code of max_length bits has room for are
  /// given to the leaves in order of their counts.
  void set_lengths() {
    std::vector<std::size_t> of_length(max_length_ + 1);
    std::int64_t overflow = 0;
    lengths_[order_.back()] = 0;
    for (std::size_t i = order_.size() - 1; i-- > 0;) {
      const std::size_t node = order_[i];
      unsigned length = lengths_[parent_[node]] + 1u;
      if (length > max_length_) {
        length = max_length_;
        ++overflow;
      }
      lengths_[node] = static_cast<std::uint8_t>(length);
      if (node < leaves_) ++of_length[length];
    }
    if (overflow <= 0) return;
    for (; overflow > 0; overflow -= 2) {
      std::size_t length = max_length_ - 1;
      while (of_length[length] == 0) --length;
      --of_length[length];
      of_length[length + 1] += 2;
      --of_length[max_length_];
    }
    std::size_t at = 0;
    for (unsigned length = max_length_; length > 0; --length) {
      for (std::size_t left = of_length[length]; left > 0;) {
        const std::size_t node = order_[at++];
        if (node >= leaves_) continue;
        lengths_[node] = static_cast<std::uint8_t>(length);
        --left;
      }
    }
  }

  std::vector<std::uint32_t> counts_;
  std::size_t leaves_;
  unsigned max_length_;
  std::size_t used_ = 0;
  std::vector<std::uint8_t> depth_;
  std::vector<std::size_t> parent_;
  std::vector<std::uint8_t> lengths_;
  std::vector<std::size_t> heap_;
  std::vector<std::size_t> order_;  ///< nodes as they left the heap, the root last
};

struct SymbolCounts {
  std::array<std::uint32_t, kLiterals> literals{};
  std::array<std::uint32_t, kDistances> distances{};
};

SymbolCounts count_symbols(const std::vector<Token>& tokens) {
  SymbolCounts counts;
  counts.literals[kEndOfBlock] = 1;
  for (const Token& token : tokens) {
    if (token.length == 0) {
      ++counts.literals[token.value];
    } else {
      ++counts.literals[kEndOfBlock + 1u + length_bucket(token.length)];
      ++counts.distances[distance_bucket(token.value)];
    }
  }
  return counts;
}

CodeLengths lengths_of(const SymbolCounts& counts) {
  constexpr unsigned kMaxBits = 15;
  return {code_lengths(counts.literals, kMaxBits), code_lengths(counts.distances, kMaxBits)};
}

/// Bits of a block's tokens and its end.
std::uint64_t bits_of_tokens(const SymbolCounts& counts, const CodeLengths& lengths) {
  std::uint64_t bits = 0;
  for (std::size_t symbol = 0; symbol < std::min(kLiterals, lengths.literals.size()); ++symbol) {
    const unsigned extra = symbol > kEndOfBlock ? kLengthBuckets[symbol - kEndOfBlock - 1].bits : 0;
    bits += std::uint64_t{counts.literals[symbol]} * (lengths.literals[symbol] + extra);
  }
  for (std::size_t symbol = 0; symbol < std::min(kDistances, lengths.distances.size()); ++symbol)
    bits += std::uint64_t{counts.distances[symbol]} *
            (lengths.distances[symbol] + unsigned{kDistanceBuckets[symbol].bits});
  return bits;
}

/// Bits in which a dynamic block's codes are written.
std::uint64_t bits_of_codes(const Block& block) {
  std::uint64_t bits = 5 + 5 + 4 + 3 * std::uint64_t{block.symbol_count};
  for (const LengthSymbol& symbol : block.symbols)
    bits += unsigned{block.symbol_lengths[symbol.symbol]} + extra_bits(symbol.symbol);
  return bits;
}

constexpr std::uint8_t kRepeat = 16;     ///< the length before, 3 to 6 times
constexpr std::uint8_t kZeros = 17;      ///< 3 to 10 zeros
constexpr std::uint8_t kManyZeros = 18;  ///< 11 to 138 zeros

void put_run(std::vector<LengthSymbol>& symbols, std::uint8_t length, std::size_t count, bool again) {
  const auto put = [&](std::uint8_t symbol, std::size_t extra) {
    symbols.push_back({symbol, static_cast<std::uint8_t>(extra)});
  };
  const std::size_t least = again && length != 0 ? 3 : length != 0 ? 4 : 3;
  if (count < least) {
    for (; count > 0; --count) put(length, 0);
  } else if (length != 0) {
    if (!again) {
      put(length, 0);
      --count;
    }
    put(kRepeat, count - 3);
  } else if (count <= 10) {
    put(kZeros, count - 3);
  } else {
    put(kManyZeros, count - 11);
  }
}

void put_runs(std::vector<LengthSymbol>& symbols, ByteView lengths) {
  constexpr std::size_t kMostZeros = 138;
  for (std::size_t at = 0; at < lengths.size();) {
    const bool again = at > 0 && lengths[at - 1] == lengths[at];
    const std::size_t most = lengths[at] == 0 ? kMostZeros : again ? 6 : 7;
    std::size_t count = 1;
    while (count < most && at + count < lengths.size() && lengths[at + count] == lengths[at]) ++count;
    put_run(symbols, lengths[at], count, again);
    at += count;
  }
}

}  // namespace

std::vector<std::uint8_t> code_lengths(std::span<const std::uint32_t> counts, unsigned max_length) {
  return TreeBuilder(counts, max_length).build();
}

CodeLengths predict_lengths(const std::vector<Token>& tokens) { return lengths_of(count_symbols(tokens)); }

std::vector<LengthSymbol> predict_symbols(const CodeLengths& lengths) {
  std::vector<LengthSymbol> symbols;
  put_runs(symbols, lengths.literals);
  put_runs(symbols, lengths.distances);
  return symbols;
}

void predict_symbol_lengths(Block& block) {
  constexpr unsigned kMaxBits = 7;
  std::array<std::uint32_t, kLengthCodes> counts{};
  for (const LengthSymbol& symbol : block.symbols) ++counts[symbol.symbol];
  const std::vector<std::uint8_t> lengths = code_lengths(counts, kMaxBits);
  block.symbol_lengths.fill(0);
  std::copy(lengths.begin(), lengths.end(), block.symbol_lengths.begin());
  std::size_t count = kLengthCodes;
  while (count > 4 && block.symbol_lengths[kSymbolOrder[count - 1]] == 0) --count;
  block.symbol_count = static_cast<std::uint8_t>(count);
}

/// As trees.c's _tr_flush_block() chooses: of equal lengths stored bytes go before codes, and the fixed code
/// before the block's own.
void choose_codes(Block& block, std::size_t stored, bool may_store) {
  constexpr std::uint64_t kTypeBits = 3;
  constexpr std::uint64_t kStoredLengths = 4;
  const SymbolCounts counts = count_symbols(block.tokens);
  block.lengths = lengths_of(counts);
  block.symbols = predict_symbols(block.lengths);
  predict_symbol_lengths(block);
  const auto bytes = [](std::uint64_t bits) { return (kTypeBits + bits + 7) / 8; };
  const std::uint64_t dynamic = bytes(bits_of_codes(block) + bits_of_tokens(counts, block.lengths));
  const std::uint64_t fixed = bytes(bits_of_tokens(counts, fixed_lengths()));
  if (may_store && stored + kStoredLengths <= std::min(dynamic, fixed)) {
    block.type = BlockType::kStored;
    block.stored = static_cast<std::uint16_t>(stored);
  } else {
    block.type = fixed <= dynamic ? BlockType::kFixed : BlockType::kDynamic;
  }
}

}  // namespace skiff::unpack::prediction
