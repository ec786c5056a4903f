// StreamSegments: the segments of codec 0, made of streams.
#pragma once

#include <optional>

#include "apply/reconstructor.hpp"
#include "apply/segments.hpp"

namespace skiff {

class StreamSegments final : public Segments {
 public:
  static Result<std::unique_ptr<Segments>> make(const DeltaInfo& info, const Source& base,
                                                ResultWriter& result);
  Result<void> read_map(const WireSegment& wire, const WindowBounds& window) override;
  Result<std::uint64_t> make_range(const WireSegment& wire, const SegmentInfo& range) override;

 private:
  StreamSegments(const DeltaInfo& info, Reconstructor reconstructor, std::unique_ptr<StreamDecoder> decoder,
                 HeapArray<std::uint8_t> room)
      : info_(info),
        reconstructor_(std::move(reconstructor)),
        decoder_(std::move(decoder)),
        room_(std::move(room)) {}

  const DeltaInfo& info_;
  Reconstructor reconstructor_;
  std::unique_ptr<StreamDecoder> decoder_;
  HeapArray<std::uint8_t> room_;  ///< of decoded streams
  WindowMap map_;
  std::optional<WindowView> view_;
};

}  // namespace skiff
