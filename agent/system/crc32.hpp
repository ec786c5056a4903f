// crc32: the CRC-32 of IEEE 802.3, as records and boot environments are guarded by it.
#pragma once

#include <cstdint>

#include "skiff/bytes.hpp"

namespace skiff::agent {

/// `crc` is that of the bytes before; 0 at the beginning.
inline std::uint32_t crc32(std::uint32_t crc, ByteView bytes) {
  constexpr std::uint32_t kPolynomial = 0xEDB88320;
  crc = ~crc;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
  }
  return ~crc;
}

}  // namespace skiff::agent
