// MixedWindowCoder: a window's map and data segments in codec 1.
#pragma once

#include <vector>

#include "codec/model_sizes.hpp"
#include "diff/images.hpp"
#include "diff/plan.hpp"
#include "format/pieces.hpp"
#include "skiff/delta_info.hpp"

namespace skiff {

/// A segment as SegmentWriter takes it, and what it is made of.
struct MixedSegment {
  SegmentInfo info;
  Bytes wire;
  std::uint64_t literal_wire = 0;  ///< of a data segment: coded bytes of literals
};

struct MixedWindow {
  std::vector<MixedSegment> segments;  ///< the map, then the data
  std::uint64_t entries = 0;           ///< of the map: copies, spaces and ranges
  PieceTotals totals;
};

struct MixedOptions {
  ModelSizes sizes;
  std::size_t segment_wire = 0;   ///< coded bytes at which a data segment is closed
  std::uint64_t max_entries = 0;  ///< of a map
};

/// Codes one window; `typing` is that of the images, of which the map gets what the window needs. Errors:
/// kIo, kLimit.
Result<MixedWindow> code_mixed_window(const Images& images, const Typing& typing, const Window& window,
                                      std::uint32_t index, const MixedOptions& options);

}  // namespace skiff
