#include "apply/segment_pipeline.hpp"

#include <string>

namespace skiff {

Result<std::unique_ptr<SegmentPipeline>> SegmentPipeline::make(const DeltaInfo& info, OpenedImages& images,
                                                               const MakeHasher& make_hasher) {
  SKIFF_ASSIGN(FrameStage frames, FrameStage::make(info, make_hasher));
  std::unique_ptr<SegmentPipeline> pipeline(new SegmentPipeline(info, images, std::move(frames)));
  SKIFF_ASSIGN(pipeline->segments_, make_segments(info, images.base(), images.result()));
  return pipeline;
}

void SegmentPipeline::begin(std::size_t index) {
  index_ = index;
  frames_.begin(info_.segments[index]);
}

Result<void> SegmentPipeline::push(ByteView bytes) {
  SKIFF_TRY(frames_.push(bytes));
  if (frames_.wanted() != 0) return {};
  if (auto done = run(); !done) {
    return fail_with(std::move(done).error(), "segment " + std::to_string(index_));
  }
  return {};
}

Result<void> SegmentPipeline::run() {
  const SegmentInfo& segment = info_.segments[index_];
  decoded_ += frames_.wire().size();
  return segment.is_map ? run_map(segment) : run_data(segment);
}

Result<void> SegmentPipeline::run_map(const SegmentInfo& segment) {
  window_.reset();
  const WindowBounds bounds{.result_offset = segment.result_offset,
                            .result_length = window_length(segment.window),
                            .base_length = source_length(info_)};
  SKIFF_TRY(segments_->read_map({frames_.wire(), segment.wire_offset}, bounds));
  window_ = segment.window;
  return {};
}

Result<void> SegmentPipeline::run_data(const SegmentInfo& segment) {
  Result<std::uint64_t> made = segments_->make_range({frames_.wire(), segment.wire_offset}, segment);
  // What was made before an error is packed and written before that is told, and errors of it come first, as
  // where nothing is packed apart.
  SKIFF_TRY(images_.settle());
  SKIFF_ASSIGN(const std::uint64_t digest, std::move(made));
  if (digest != segment.digest) {
    return fail(ErrorKind::kMismatch,
                "result bytes from " + std::to_string(segment.result_offset) +
                    " on differ: the base image is not the one "
                    "the delta was made for",
                "F27");
  }
  return images_.result().segment_done(index_);
}

std::uint64_t SegmentPipeline::window_length(std::uint32_t window) const {
  std::uint64_t length = 0;
  for (std::size_t i = index_ + 1; i < info_.segments.size() && info_.segments[i].window == window; ++i) {
    length += info_.segments[i].result_length;
  }
  return length;
}

}  // namespace skiff
