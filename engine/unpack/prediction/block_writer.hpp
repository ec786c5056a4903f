// BlockWriter: blocks as a deflate stream, the inverse of BlockReader.
#pragma once

#include "skiff/io.hpp"
#include "unpack/prediction/block.hpp"

namespace skiff::unpack::prediction {

class BlockWriter {
 public:
  /// The sink must outlive it.
  explicit BlockWriter(Sink& packed) : packed_(packed) {}
  /// A block that is one: each token's symbol has a code (kMismatch). `stored` are a stored block's bytes.
  /// Errors: the sink's.
  Result<void> write(const Block& block, ByteView stored);
  /// What was not handed on yet.
  Result<void> finish();

 private:
  struct Code {
    std::uint16_t bits = 0;  ///< least significant first
    std::uint8_t length = 0;
  };
  using Codes = std::vector<Code>;

  static Codes codes_of(ByteView lengths);
  /// At most 48 bits.
  void put(std::uint64_t bits, unsigned count);
  static Code code_of(const Codes& codes, std::size_t symbol);
  Result<void> put_code(const Codes& codes, std::size_t symbol);
  Result<void> put_match(const Codes& literals, const Codes& distances, const Token& token);
  Result<void> write_stored(const Block& block, ByteView stored);
  Result<void> write_lengths(const Block& block);
  Result<void> write_tokens(const Block& block, const CodeLengths& lengths);
  /// Fills the byte that was begun with the block's padding.
  void pad(const Block& block);
  Result<void> hand_on(std::size_t more_than);

  static constexpr std::size_t kHandOn = 16 << 10;  ///< bytes that are worth a call of the sink
  static constexpr std::size_t kSpare = 64;         ///< more than a token, or a head, takes, and a word

  Sink& packed_;
  std::array<std::uint8_t, kHandOn + kSpare> ready_;
  std::size_t used_ = 0;
  std::uint64_t bits_ = 0;
  unsigned held_ = 0;  ///< of bits_, less than a byte
};

}  // namespace skiff::unpack::prediction
