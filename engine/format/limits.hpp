// Limits of the delta format: what a decoder may be asked to hold (FORMAT.md, sections 3.2 and 3.3).
#pragma once

#include <cstdint>

#include "skiff/delta_info.hpp"

namespace skiff {

inline constexpr std::uint64_t kMaxHeaderLength = std::uint64_t{16} << 20;  ///< F5
inline constexpr std::uint64_t kDecoderBase = 327'680;  ///< bytes a decoder of codec 0 may use
inline constexpr std::uint64_t kMixingBase = 524'288;   ///< and one of codec 1
inline constexpr std::uint64_t kMapEntry = 96;          ///< bytes of an entry of a map, its lookups included

/// What F12 allows a delta of this profile to declare, in bytes.
std::uint64_t memory_limit(Profile profile);

/// What F6 allows as sizes of models.
bool allowed(const ModelSizes& sizes);

/// Peak bytes of a decoder by the formulas of section 3.3; 2^64 − 1 where the sum would wrap.
std::uint64_t decoder_memory(const DeltaInfo& info);
/// With codec 1.
std::uint64_t decoder_memory(const DecoderLimits& limits, const ModelSizes& sizes);
/// Peak bytes of a decoder of codec 0, by the formula of section 3.3; 2^64 − 1 where the sum would wrap.
std::uint64_t decoder_memory(const DecoderLimits& limits);

/// Frames of a segment of `wire_length` bytes (section 4).
constexpr std::uint64_t frame_count(std::uint64_t wire_length) {
  return wire_length / kFrameSize + (wire_length % kFrameSize != 0 ? 1 : 0);
}

}  // namespace skiff
