// MixedSegments: the segments of codec 1, each one stream of bits.
#pragma once

#include <optional>

#include "apply/segments.hpp"
#include "base/heap_array.hpp"
#include "codec/map_coder.hpp"
#include "codec/segment_coder.hpp"

namespace skiff {

class MixedSegments final : public Segments {
 public:
  static Result<std::unique_ptr<Segments>> make(const DeltaInfo& info, const Source& base,
                                                ResultWriter& result);
  Result<void> read_map(const WireSegment& wire, const WindowBounds& window) override;
  Result<std::uint64_t> make_range(const WireSegment& wire, const SegmentInfo& range) override;

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
