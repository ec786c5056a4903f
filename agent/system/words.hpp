// Numbers as 8 bytes, little endian, in what the agent keeps or sends between its processes.
#pragma once

#include <cstdint>

#include "skiff/bytes.hpp"

namespace skiff::agent {

inline constexpr std::size_t kWord = 8;  ///< bytes

inline void put_word(Bytes& bytes, std::uint64_t word) {
  for (std::size_t i = 0; i < kWord; ++i) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
}

/// The first kWord bytes, which must be there.
inline std::uint64_t word_of(ByteView bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = kWord; i-- > 0;) word = word << 8U | bytes[i];
  return word;
}

}  // namespace skiff::agent
