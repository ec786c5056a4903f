// Little-endian numbers in memory.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace skiff {

/// The number whose lowest byte is at `from`.
template <typename Word>
inline Word load_little(const std::uint8_t* from) {
  Word word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, from, sizeof word);
  } else {
    for (std::size_t i = sizeof(Word); i-- > 0;) word = static_cast<Word>(std::uint64_t{word} << 8 | from[i]);
  }
  return word;
}

/// Its inverse.
template <typename Word>
inline void store_little(std::uint8_t* to, Word word) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to, &word, sizeof word);
  } else {
    for (std::size_t i = 0; i < sizeof(Word); ++i) to[i] = static_cast<std::uint8_t>(word >> 8 * i);
  }
}

}  // namespace skiff
