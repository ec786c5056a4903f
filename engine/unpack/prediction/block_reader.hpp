// BlockReader: the blocks of a deflate stream as they were written, bit by bit (RFC 1951).
#pragma once

#include "skiff/result.hpp"
#include "unpack/prediction/block.hpp"

namespace skiff::unpack::prediction {

/// Reads bits of bytes, least significant first; past the end they are zeros, and `overrun` says so.
class BitReader {
 public:
  explicit BitReader(ByteView bytes) : bytes_(bytes) {}
  /// The next `count` bits, at most 32, without taking them.
  std::uint32_t peek(unsigned count);
  void skip(unsigned count);
  std::uint32_t take(unsigned count);
  /// Bits up to the next whole byte.
  [[nodiscard]] unsigned to_byte() const { return held_ % 8; }
  [[nodiscard]] bool overrun() const { return missing_ > held_; }
  /// Bytes that were begun.
  [[nodiscard]] std::size_t position() const { return at_ - held_ / 8; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;  ///< counts bytes past the end, too
  std::uint64_t bits_ = 0;
  unsigned held_ = 0;
  unsigned missing_ = 0;  ///< how many of the bits held are past the end
};

/// A canonical prefix code, by its first kFast bits, and by length where a code is longer.
class PrefixDecoder {
 public:
  static constexpr unsigned kMaxBits = 15;
  /// False if the lengths make no code: too many of them, or too few, but for a code of one symbol.
  bool build(ByteView lengths);
  /// The next symbol; nothing that has a code: kNone.
  static constexpr unsigned kNone = 0xffff;
  unsigned next(BitReader& reader) const;

 private:
  static constexpr unsigned kFast = 10;
  struct Entry {
    std::uint16_t symbol = 0;
    std::uint8_t bits = 0;
  };
  std::array<Entry, 1u << kFast> fast_{};
  std::array<std::uint16_t, kMaxBits + 1> count_{};
  std::vector<std::uint16_t> by_code_;
};

class BlockReader {
 public:
  explicit BlockReader(ByteView packed) : bits_(packed) {}
  /// The next block; none after the last one. The bytes of a stored block are passed over. Errors:
  /// kMismatch for what is no deflate stream or has a block of too many tokens.
  Result<void> next(Block& block);
  /// Whether the last block was read; then `position` is where the stream ends.
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] std::size_t position() const { return bits_.position(); }
  /// Of the bytes of the stored block that was read last.
  [[nodiscard]] std::size_t stored_at() const { return stored_at_; }

 private:
  bool read_stored(Block& block);
  bool read_lengths(Block& block);
  bool read_symbols(Block& block, std::size_t count);
  bool read_tokens(Block& block);
  bool read_match(unsigned symbol, Token& token);

  BitReader bits_;
  PrefixDecoder literals_;
  PrefixDecoder distances_;
  std::size_t stored_at_ = 0;
  bool done_ = false;
};

}  // namespace skiff::unpack::prediction
