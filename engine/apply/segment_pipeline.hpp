// SegmentPipeline: what happens to a segment, from its first wire byte to the result bytes it makes.
#pragma once

#include <optional>

#include "apply/frame_stage.hpp"
#include "apply/opened_images.hpp"
#include "apply/segments.hpp"

namespace skiff {

/// Frames (authentication) → segments (decoding) → map, or bytes of the result.
class SegmentPipeline {
 public:
  /// The arguments must outlive the pipeline. Errors: kUnsupported (codec), kLimit (memory is short).
  static Result<std::unique_ptr<SegmentPipeline>> make(const DeltaInfo& info, OpenedImages& images,
                                                       const MakeHasher& make_hasher);

  /// Begins segment `index`. The map of a data segment's window must have been the last map to go through.
  void begin(std::size_t index);
  [[nodiscard]] std::uint64_t filled() const { return frames_.filled(); }
  [[nodiscard]] std::uint64_t wanted() const { return frames_.wanted(); }
  /// Takes at most wanted() bytes of the segment. With the last, the segment is decoded and its result
  /// written.
  Result<void> push(ByteView bytes);

  /// The wire bytes of the segment, when wanted() is 0 and no frame was refused.
  [[nodiscard]] ByteView wire() const { return frames_.wire(); }
  /// The window whose map is at hand.
  [[nodiscard]] std::optional<std::uint32_t> window() const { return window_; }
  [[nodiscard]] std::uint64_t bytes_authenticated() const { return frames_.authenticated(); }
  [[nodiscard]] std::uint64_t bytes_decoded() const { return decoded_; }

 private:
  SegmentPipeline(const DeltaInfo& info, OpenedImages& images, FrameStage frames)
      : info_(info), images_(images), frames_(std::move(frames)) {}

  Result<void> run();
  Result<void> run_map(const SegmentInfo& segment);
  Result<void> run_data(const SegmentInfo& segment);
  [[nodiscard]] std::uint64_t window_length(std::uint32_t window) const;

  const DeltaInfo& info_;
  OpenedImages& images_;
  FrameStage frames_;
  std::unique_ptr<Segments> segments_;
  std::size_t index_ = 0;
  std::optional<std::uint32_t> window_;
  std::uint64_t decoded_ = 0;
};

}  // namespace skiff
