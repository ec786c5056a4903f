// What a zlib stream (RFC 1950) has around its deflate stream.
#pragma once

#include <array>

#include "skiff/bytes.hpp"

namespace skiff::unpack::prediction {

inline constexpr std::size_t kZlibHeader = 2;
inline constexpr std::size_t kZlibCheck = 4;

/// As zlib writes it for a level, with a window of 32 KiB.
std::array<std::uint8_t, kZlibHeader> zlib_header(std::uint64_t level);
/// Adler-32, most significant byte first (RFC 1950, section 9).
std::array<std::uint8_t, kZlibCheck> zlib_check(ByteView content);

}  // namespace skiff::unpack::prediction
