#include "apply/segment_pipeline.hpp"

#include <string>

namespace skiff {

Result<std::unique_ptr<SegmentPipeline>> SegmentPipeline::make(const DeltaInfo& info, const Source& base,
                                                               ResultWriter& result,
                                                               const MakeHasher& make_hasher) {
  SKIFF_ASSIGN(FrameStage frames, FrameStage::make(info, make_hasher));
  std::unique_ptr<SegmentPipeline> pipeline(new SegmentPipeline(info, result, std::move(frames)));
  if (info.codec == Codec::kContextMixing) {
    SKIFF_ASSIGN(pipeline->mixed_, MixedSegments::make(info, base, result));
    return pipeline;
  }
  SKIFF_ASSIGN(pipeline->reconstructor_, Reconstructor::make(base, result));
  SKIFF_ASSIGN(pipeline->decoder_, make_stream_decoder(info.codec));
  SKIFF_ASSIGN(pipeline->rooms_.raw, HeapArray<std::uint8_t>::make(info.limits.segment_raw));
  SKIFF_ASSIGN(pipeline->rooms_.copies, HeapArray<Copy>::make(info.limits.window_copies));
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
  return segment.is_map ? run_map(segment) : run_data(segment);
}

Result<void> SegmentPipeline::run_map(const SegmentInfo& segment) {
  window_.reset();
  const WindowBounds bounds{.result_offset = segment.result_offset,
                            .result_length = window_length(segment.window),
                            .base_length = info_.base.length};
  if (mixed_) {
    decoded_ += frames_.wire().size();
    SKIFF_TRY(mixed_->read_map(frames_.wire(), bounds));
  } else {
    std::array<ByteView, kMapStreams> streams;
    SKIFF_TRY(decode(segment, streams));
    SKIFF_ASSIGN(map_, read_map(streams, bounds, rooms_.copies.span()));
  }
  window_ = segment.window;
  return {};
}

/// Returns the digest of what it made.
Result<std::uint64_t> SegmentPipeline::make_range(const SegmentInfo& segment) {
  if (mixed_) {
    decoded_ += frames_.wire().size();
    return mixed_->make_range(frames_.wire(), segment);
  }
  std::array<ByteView, kDataStreams> streams;
  SKIFF_TRY(decode(segment, streams));
  const PieceWalk pieces(map_, segment.result_offset, segment.result_offset + segment.result_length);
  SKIFF_TRY(check_data_streams(streams, count_pieces(pieces)));
  return reconstructor_->write_range(pieces, segment.result_offset, streams);
}

Result<void> SegmentPipeline::run_data(const SegmentInfo& segment) {
  SKIFF_ASSIGN(const std::uint64_t digest, make_range(segment));
  if (digest != segment.digest) {
    return fail(ErrorKind::kMismatch,
                "result bytes from " + std::to_string(segment.result_offset) +
                    " on differ: the base image is not the one "
                    "the delta was made for",
                "F27");
  }
  return result_.segment_done(index_);
}

Result<void> SegmentPipeline::decode(const SegmentInfo& segment, std::span<ByteView> streams) {
  const WireSegment wire{.bytes = frames_.wire(), .offset = segment.wire_offset};
  decoded_ += wire.bytes.size();
  return decoder_->decode(wire, rooms_.raw.span(), streams);
}

std::uint64_t SegmentPipeline::window_length(std::uint32_t window) const {
  std::uint64_t length = 0;
  for (std::size_t i = index_ + 1; i < info_.segments.size() && info_.segments[i].window == window; ++i) {
    length += info_.segments[i].result_length;
  }
  return length;
}

}  // namespace skiff
