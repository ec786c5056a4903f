// Block: what one block of a deflate stream says beside its content: its tokens and its codes (RFC 1951).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "skiff/bytes.hpp"

namespace skiff::unpack::prediction {

inline constexpr std::size_t kMinMatch = 3;
inline constexpr std::size_t kMaxMatch = 258;
/// Stands for 258 bytes written as symbol 284 with 31 in its extra bits, instead of as symbol 285.
inline constexpr std::uint16_t kLongMatch = 259;
inline constexpr std::size_t kLiterals = 286;    ///< literal and length symbols that mean something
inline constexpr std::size_t kDistances = 30;    ///< distance symbols that mean something
inline constexpr std::size_t kLengthCodes = 19;  ///< symbols that code lengths are written in
inline constexpr std::uint16_t kEndOfBlock = 256;
inline constexpr std::uint32_t kMaxDistance = 32768;
/// Tokens of a block at most; a stream with a longer one is not predicted, so that memory has a bound.
inline constexpr std::size_t kMaxTokens = std::size_t{1} << 19;

/// A literal (length 0, its byte in `value`) or a copy of `length` bytes from `value` bytes before.
struct Token {
  std::uint16_t length = 0;
  std::uint16_t value = 0;  ///< a distance of 32,768 as 32,768
  bool operator==(const Token&) const = default;
};

/// Bytes of content that a token stands for.
constexpr std::size_t span_of(const Token& token) {
  return token.length == 0 ? 1 : token.length == kLongMatch ? kMaxMatch : token.length;
}

enum class BlockType : std::uint8_t { kStored = 0, kFixed = 1, kDynamic = 2 };

/// Bits of each symbol's code, 0 for one that has none.
struct CodeLengths {
  std::vector<std::uint8_t> literals;   ///< 257 to 286
  std::vector<std::uint8_t> distances;  ///< 1 to 30
  bool operator==(const CodeLengths&) const = default;
};

/// A symbol of the code that code lengths are written in, with its extra bits.
struct LengthSymbol {
  std::uint8_t symbol = 0;
  std::uint8_t extra = 0;
  bool operator==(const LengthSymbol&) const = default;
};

struct Block {
  BlockType type = BlockType::kStored;
  bool last = false;
  std::uint8_t padding =
      0;  ///< the bits between a stored block's type and its length, or after the last block
  std::uint16_t stored = 0;   ///< bytes of a stored block
  std::vector<Token> tokens;  ///< of the others
  CodeLengths lengths;        ///< of a dynamic block, as are those that follow
  std::vector<LengthSymbol> symbols;
  std::array<std::uint8_t, kLengthCodes> symbol_lengths{};  ///< by symbol
  std::uint8_t symbol_count = 0;                            ///< how many of them are written: 4 to 19
};

/// Symbol of a match length of 3 to 259, and what its extra bits count from.
struct Bucket {
  std::uint16_t base = 0;
  std::uint8_t bits = 0;
};
inline constexpr std::array<Bucket, 29> kLengthBuckets{{
    {3, 0},  {4, 0},  {5, 0},  {6, 0},   {7, 0},   {8, 0},   {9, 0},   {10, 0},  {11, 1},  {13, 1},
    {15, 1}, {17, 1}, {19, 2}, {23, 2},  {27, 2},  {31, 2},  {35, 3},  {43, 3},  {51, 3},  {59, 3},
    {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0},
}};
inline constexpr std::array<Bucket, kDistances> kDistanceBuckets{{
    {1, 0},     {2, 0},     {3, 0},     {4, 0},      {5, 1},      {7, 1},      {9, 2},     {13, 2},
    {17, 3},    {25, 3},    {33, 4},    {49, 4},     {65, 5},     {97, 5},     {129, 6},   {193, 6},
    {257, 7},   {385, 7},   {513, 8},   {769, 8},    {1025, 9},   {1537, 9},   {2049, 10}, {3073, 10},
    {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13},
}};
/// Extra bits of a symbol that code lengths are written in.
constexpr unsigned extra_bits(std::uint8_t symbol) {
  constexpr std::array<std::uint8_t, 3> kBits{2, 3, 7};
  constexpr std::uint8_t kFirstRepeat = 16;
  return symbol < kFirstRepeat ? 0 : kBits[symbol - kFirstRepeat];
}
/// In which order the lengths of the length code are written.
inline constexpr std::array<std::uint8_t, kLengthCodes> kSymbolOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};

namespace buckets {

template <std::size_t kCount>
constexpr std::uint8_t bucket_of(const std::array<Bucket, kCount>& buckets, std::size_t value) {
  std::uint8_t bucket = 0;
  while (bucket + 1u < kCount && buckets[bucket + 1u].base <= value) ++bucket;
  return bucket;
}

/// The bucket of each length.
constexpr std::array<std::uint8_t, kLongMatch + 1> make_lengths() {
  constexpr std::uint8_t kSymbol284 = 27;
  std::array<std::uint8_t, kLongMatch + 1> table{};
  for (std::size_t length = kMinMatch; length < kLongMatch; ++length)
    table[length] = bucket_of(kLengthBuckets, length);
  table[kLongMatch] = kSymbol284;
  return table;
}

/// The bucket of each distance up to kNear, then of each row of kRow distances, which no bucket cuts.
inline constexpr std::size_t kNear = 256;
inline constexpr std::size_t kRow = 128;
constexpr std::array<std::uint8_t, kNear + kMaxDistance / kRow> make_distances() {
  std::array<std::uint8_t, kNear + kMaxDistance / kRow> table{};
  for (std::size_t at = 0; at < kNear; ++at) table[at] = bucket_of(kDistanceBuckets, at + 1);
  for (std::size_t row = 0; row < kMaxDistance / kRow; ++row)
    table[kNear + row] = bucket_of(kDistanceBuckets, row * kRow + 1);
  return table;
}

inline constexpr auto kBucketOfLength = make_lengths();
inline constexpr auto kBucketOfDistance = make_distances();

}  // namespace buckets

/// Index into kLengthBuckets of a length of 3 to 259.
constexpr std::size_t length_bucket(std::uint16_t length) { return buckets::kBucketOfLength[length]; }
/// Index into kDistanceBuckets of a distance of 1 to 32,768.
constexpr std::size_t distance_bucket(std::uint16_t distance) {
  const std::size_t at = distance - 1u;
  return buckets::kBucketOfDistance[at < buckets::kNear ? at : buckets::kNear + at / buckets::kRow];
}

/// The code lengths of fixed blocks.
const CodeLengths& fixed_lengths();

}  // namespace skiff::unpack::prediction
