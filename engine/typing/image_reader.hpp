// ImageReader: little-endian fields of an image that may be anything; what is not there reads as 0.
#pragma once

#include <cstdint>

#include "skiff/io.hpp"

namespace skiff::typing {

/// Reads through a cached block. Typing is advice: a failed or impossible read gives zeros, and the image is
/// then taken for plain bytes.
class ImageReader {
 public:
  explicit ImageReader(const Source& image) : image_(image), block_(kBlock) {}

  [[nodiscard]] std::uint64_t size() const { return image_.size(); }
  /// A number of `length` (1 to 8) bytes.
  std::uint64_t number(std::uint64_t offset, unsigned length);
  std::uint16_t u16(std::uint64_t offset) { return static_cast<std::uint16_t>(number(offset, 2)); }
  std::uint32_t u32(std::uint64_t offset) { return static_cast<std::uint32_t>(number(offset, 4)); }
  std::uint64_t u64(std::uint64_t offset) { return number(offset, 8); }
  /// Whether `length` bytes, at most kBlock and not across a multiple of it, are all zero.
  bool is_zero(std::uint64_t offset, std::uint64_t length);

  static constexpr std::uint64_t kBlock = 64 << 10;

 private:
  std::uint8_t byte(std::uint64_t offset);

  const Source& image_;
  Bytes block_;
  std::uint64_t origin_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace skiff::typing
