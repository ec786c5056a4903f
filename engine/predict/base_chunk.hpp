// BaseChunk: a stretch of the base image in memory, with the few bytes around it that tokens look at.
#pragma once

#include <cstdint>

#include "base/little_endian.hpp"
#include "skiff/bytes.hpp"
#include "skiff/io.hpp"

namespace skiff {

class BaseChunk {
 public:
  static constexpr std::uint64_t kMargin = 72;  ///< how far a token looks to either side, in bytes
  static constexpr std::uint64_t kCapacity = 16 << 10;

  /// Makes [begin, begin + length) readable, and the margin as far as the base has it; length at most
  /// kCapacity. What is in memory already is not read again.
  Result<void> read(const Source& base, std::uint64_t begin, std::uint64_t length);

  /// Little-endian words at a base offset; 0 where they are not wholly within reach.
  [[nodiscard]] std::uint8_t u8(std::uint64_t offset) const { return load<std::uint8_t>(offset); }
  [[nodiscard]] std::uint32_t u32(std::uint64_t offset) const { return load<std::uint32_t>(offset); }
  [[nodiscard]] std::uint64_t u64(std::uint64_t offset) const { return load<std::uint64_t>(offset); }
  /// The low `length` (1 to 8) bytes.
  [[nodiscard]] std::uint64_t value(std::uint64_t offset, unsigned length) const;
  [[nodiscard]] ByteView bytes(std::uint64_t offset, std::uint64_t length) const;

 private:
  static constexpr std::uint64_t kLeastRead = 4 << 10;

  template <typename Word>
  [[nodiscard]] Word load(std::uint64_t offset) const {
    const std::uint64_t at = offset - origin_;
    if (at >= length_ || length_ - at < sizeof(Word)) return 0;
    return load_little<Word>(bytes_.data() + static_cast<std::size_t>(at));
  }

  Bytes bytes_;
  std::uint64_t origin_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace skiff
