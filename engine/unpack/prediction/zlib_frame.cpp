#include "unpack/prediction/zlib_frame.hpp"

#include <algorithm>

namespace skiff::unpack::prediction {

std::array<std::uint8_t, kZlibHeader> zlib_header(std::uint64_t level) {
  constexpr std::uint32_t kDeflateOf32K = 0x7800;
  constexpr std::uint32_t kCheckModulus = 31;
  const std::uint32_t effort = level < 2 ? 0 : level < 6 ? 1 : level == 6 ? 2 : 3;
  std::uint32_t header = kDeflateOf32K | effort << 6;
  header += kCheckModulus - header % kCheckModulus;
  return {static_cast<std::uint8_t>(header >> 8), static_cast<std::uint8_t>(header)};
}

std::array<std::uint8_t, kZlibCheck> zlib_check(ByteView content) {
  constexpr std::uint32_t kModulus = 65521;
  constexpr std::size_t kPiece = 5552;  // so many bytes overflow no sum
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  while (!content.empty()) {
    const std::size_t piece = std::min(content.size(), kPiece);
    for (const std::uint8_t byte : content.first(piece)) b += a += byte;
    a %= kModulus;
    b %= kModulus;
    content = content.subspan(piece);
  }
  return {static_cast<std::uint8_t>(b >> 8), static_cast<std::uint8_t>(b), static_cast<std::uint8_t>(a >> 8),
          static_cast<std::uint8_t>(a)};
}

}  // namespace skiff::unpack::prediction
