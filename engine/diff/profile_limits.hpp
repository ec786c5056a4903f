// What each profile allows a delta to ask of a decoder, and how the encoder spends it.
#pragma once

#include <cstdint>

#include "skiff/delta_info.hpp"

namespace skiff {

/// Bounds under which windows and segments are cut. For every profile
/// decoder_memory() stays within the profile's limit even if no stream becomes shorter by coding.
struct PlanLimits {
  std::uint64_t window_length = 0;  ///< result bytes of a window, and so of a segment
  std::uint64_t window_copies = 0;  ///< copies of a window's map
  std::uint64_t segment_raw = 0;    ///< decoded bytes of a segment's streams
  std::uint64_t segment_coded = 0;  ///< estimated wire bytes after which a segment is closed
};

PlanLimits plan_limits(Profile profile);
/// With codec 1, where `window_copies` counts the typing in, and there are no raw streams.
PlanLimits mixed_plan_limits(Profile profile);

}  // namespace skiff
