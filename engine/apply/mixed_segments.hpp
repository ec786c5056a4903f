// MixedSegments: what a segment of codec 1 becomes: a map with its lookups, or a range of the result.
#pragma once

#include <memory>
#include <optional>

#include "base/heap_array.hpp"
#include "codec/map_coder.hpp"
#include "codec/segment_coder.hpp"
#include "skiff/applier.hpp"

namespace skiff {

class MixedSegments {
 public:
  /// The arguments must outlive it. Takes the memory of the models; maps take theirs as they come. Errors:
  /// kLimit (memory is short).
  static Result<std::unique_ptr<MixedSegments>> make(const DeltaInfo& info, const Source& base,
                                                     ResultWriter& result);

  /// Reads a map segment; until the next one, data segments are of this window. Errors: kFormat.
  Result<void> read_map(ByteView wire, const WindowBounds& window);
  /// Makes the range of a data segment and returns its XXH3-64. Errors: kFormat, and those of base and
  /// writer.
  Result<std::uint64_t> make_range(ByteView wire, const SegmentInfo& range);

 private:
  MixedSegments(const DeltaInfo& info, const Source& base, ResultWriter& result);

  const DeltaInfo& info_;
  const Source& base_;
  ResultWriter& result_;
  SegmentModels models_;
  WindowMap map_;
  std::optional<WindowView> view_;
};

}  // namespace skiff
