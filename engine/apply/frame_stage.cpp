#include "apply/frame_stage.hpp"

#include <algorithm>
#include <string>

namespace skiff {

Result<FrameStage> FrameStage::make(const DeltaInfo& info, const MakeHasher& make_hasher) {
  SKIFF_ASSIGN(auto buffer, HeapArray<std::uint8_t>::make(info.limits.segment_wire));
  return FrameStage(info, make_hasher, std::move(buffer));
}

void FrameStage::begin(const SegmentInfo& segment) {
  segment_ = segment;
  filled_ = 0;
}

Result<void> FrameStage::push(ByteView bytes) {
  while (!bytes.empty()) {
    const std::uint64_t frame_begin = filled_ - filled_ % kFrameSize;
    const std::uint64_t frame_end = std::min(frame_begin + kFrameSize, segment_.wire_length);
    const ByteView part =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), frame_end - filled_)));
    std::copy(part.begin(), part.end(), buffer_.span().begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += part.size();
    bytes = bytes.subspan(part.size());
    if (filled_ == frame_end) SKIFF_TRY(check_frame(frame_begin));
  }
  return {};
}

Result<void> FrameStage::check_frame(std::uint64_t begin) {
  const std::uint64_t frame = segment_.first_frame + begin / kFrameSize;
  const ByteView bytes = wire().subspan(static_cast<std::size_t>(begin));
  const std::unique_ptr<Hasher> hasher = (*make_hasher_)();
  if (!hasher) return fail(ErrorKind::kLimit, "no SHA-256 at hand for frame " + std::to_string(frame));
  hasher->update(bytes);
  if (hasher->finish() != info_->frames[static_cast<std::size_t>(frame)]) {
    return fail(ErrorKind::kSignature,
                "frame " + std::to_string(frame) + " at byte " +
                    std::to_string(segment_.wire_offset + begin) + " is not the one that was signed",
                "F14");
  }
  authenticated_ += bytes.size();
  return {};
}

}  // namespace skiff
