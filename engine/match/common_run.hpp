// Lengths of equal runs, eight bytes at a time: what every stage of matching spends its time on.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace skiff::match {

inline std::uint64_t load64(const std::uint8_t* p) {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

/// Index of the first of the eight bytes in which two words, loaded from memory, differ; `difference` is
/// their xor.
inline unsigned first_different_byte(std::uint64_t difference) {
  if constexpr (std::endian::native == std::endian::little) {
    return static_cast<unsigned>(std::countr_zero(difference)) / 8;
  } else {
    return static_cast<unsigned>(std::countl_zero(difference)) / 8;
  }
}

/// How many bytes from `a` and `b` on are equal, at most `limit`.
inline std::size_t common_run(const std::uint8_t* a, const std::uint8_t* b, std::size_t limit) {
  std::size_t i = 0;
  for (; i + 8 <= limit; i += 8) {
    const std::uint64_t difference = load64(a + i) ^ load64(b + i);
    if (difference != 0) return i + first_different_byte(difference);
  }
  while (i < limit && a[i] == b[i]) ++i;
  return i;
}

/// How many bytes just before `a` and `b` are equal, at most `limit`.
inline std::size_t common_run_before(const std::uint8_t* a, const std::uint8_t* b, std::size_t limit) {
  std::size_t i = 0;
  while (i + 8 <= limit && load64(a - i - 8) == load64(b - i - 8)) i += 8;
  while (i < limit && a[-1 - static_cast<std::ptrdiff_t>(i)] == b[-1 - static_cast<std::ptrdiff_t>(i)]) ++i;
  return i;
}

}  // namespace skiff::match
