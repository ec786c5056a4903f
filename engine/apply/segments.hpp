// Segments: what a segment becomes, by the codec of its delta: a map with its lookups, or a range of the
// result.
#pragma once

#include <memory>

#include "entropy/codec.hpp"
#include "format/map.hpp"
#include "skiff/applier.hpp"

namespace skiff {

class Segments {
 public:
  virtual ~Segments() = default;
  /// Reads a map segment; until the next one, data segments are of this window. Errors: kFormat.
  virtual Result<void> read_map(const WireSegment& wire, const WindowBounds& window) = 0;
  /// Makes the range of a data segment and returns its XXH3-64. Errors: kFormat, and those of base and
  /// writer.
  virtual Result<std::uint64_t> make_range(const WireSegment& wire, const SegmentInfo& range) = 0;
};

/// Those of the delta's codec. The arguments must outlive them. Takes what memory a decoder needs but for
/// maps, and finds out whether there is enough for these. Errors: kUnsupported (codec), kLimit (memory is
/// short).
Result<std::unique_ptr<Segments>> make_segments(const DeltaInfo& info, const Source& base,
                                                ResultWriter& result);

}  // namespace skiff
