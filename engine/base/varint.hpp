// Unsigned LEB128 in its shortest form, and zigzag: FORMAT.md, section 1.
#pragma once

#include <cstdint>

#include "skiff/bytes.hpp"

namespace skiff {

inline constexpr std::size_t kMaxVarintLength = 10;

/// Appends `value` in its shortest form (1 to 10 bytes).
void put_varint(Bytes& out, std::uint64_t value);

/// Bytes that put_varint() would append.
std::size_t varint_length(std::uint64_t value);

/// Signed numbers as unsigned ones, small magnitudes first: 0, -1, 1, -2, …
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace skiff
