// FrameStage: collects the frames of a segment in a private buffer and lets them pass once their hashes hold.
#pragma once

#include "base/heap_array.hpp"
#include "skiff/delta_info.hpp"

namespace skiff {

class FrameStage {
 public:
  /// `info` and `make_hasher` must outlive the stage. Errors: kLimit (memory is short).
  static Result<FrameStage> make(const DeltaInfo& info, const MakeHasher& make_hasher);

  /// Begins a segment. The wire bytes of the one before are gone.
  void begin(const SegmentInfo& segment);
  [[nodiscard]] std::uint64_t filled() const { return filled_; }
  [[nodiscard]] std::uint64_t wanted() const { return segment_.wire_length - filled_; }
  /// Takes at most wanted() bytes, and checks each frame as it becomes whole. Errors: kSignature, rule F14.
  Result<void> push(ByteView bytes);
  /// The wire bytes of the segment, when wanted() is 0: all authenticated.
  [[nodiscard]] ByteView wire() const { return buffer_.span().first(static_cast<std::size_t>(filled_)); }
  /// Wire bytes authenticated, of all segments.
  [[nodiscard]] std::uint64_t authenticated() const { return authenticated_; }

 private:
  FrameStage(const DeltaInfo& info, const MakeHasher& make_hasher, HeapArray<std::uint8_t> buffer)
      : info_(&info), make_hasher_(&make_hasher), buffer_(std::move(buffer)) {}
  Result<void> check_frame(std::uint64_t begin);

  const DeltaInfo* info_;
  const MakeHasher* make_hasher_;
  HeapArray<std::uint8_t> buffer_;
  SegmentInfo segment_;
  std::uint64_t filled_ = 0;
  std::uint64_t authenticated_ = 0;
};

}  // namespace skiff
