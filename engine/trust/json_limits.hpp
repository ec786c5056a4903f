// Limits of the JSON that Skiff reads and writes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skiff {

/// 2^53−1: beyond it, readers that keep numbers as doubles see another number.
inline constexpr std::int64_t kMaxJsonInteger = (std::int64_t{1} << 53) - 1;
inline constexpr std::size_t kMaxJsonDepth = 32;
/// Bounds the memory a small text can ask for: a value takes some 60 bytes, and two bytes of text can make
/// one.
inline constexpr std::size_t kMaxJsonValues = 500'000;

}  // namespace skiff
