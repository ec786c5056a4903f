#include "apply/mixed_segments.hpp"

#include <algorithm>

#include "base/xxh.hpp"
#include "format/limits.hpp"

namespace skiff {
namespace {

/// Gathers made bytes into blocks for the writer.
class BlockWriter final : public ResultStream {
 public:
  BlockWriter(ResultWriter& writer, std::uint64_t offset)
      : writer_(writer), offset_(offset), block_(kBlock) {}

  Result<ByteView> peek(std::size_t /*length*/) override { return ByteView{}; }
  Result<void> put(ByteView bytes) override {
    while (!bytes.empty()) {
      const std::size_t taken = std::min(bytes.size(), kBlock - filled_);
      std::copy_n(bytes.begin(), taken, block_.begin() + static_cast<std::ptrdiff_t>(filled_));
      filled_ += taken;
      bytes = bytes.subspan(taken);
      if (filled_ == kBlock) SKIFF_TRY(flush());
    }
    return {};
  }
  Result<void> flush() {
    const ByteView made = ByteView(block_).first(filled_);
    digest_.update(made);
    filled_ = 0;
    const std::uint64_t at = offset_;
    offset_ += made.size();
    return made.empty() ? Result<void>{} : writer_.write_at(at, made);
  }
  [[nodiscard]] std::uint64_t digest() const { return digest_.digest(); }

 private:
  static constexpr std::size_t kBlock = 16 << 10;
  ResultWriter& writer_;
  std::uint64_t offset_;
  Bytes block_;
  std::size_t filled_ = 0;
  Xxh3 digest_;
};

/// The wire bytes of a segment are as many as the coder needed: none past its end, and no zero at the end.
Result<void> check_length(ByteView wire, std::size_t taken) {
  const bool longer = wire.size() > std::max<std::size_t>(taken, 1);
  if (longer || (wire.size() > 1 && wire.back() == 0)) {
    return fail(ErrorKind::kFormat, "a segment is longer than its content", "F18");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Segments>> MixedSegments::make(const DeltaInfo& info, const Source& base,
                                                      ResultWriter& result) {
  // Models and maps are made of containers, whose failed allocation would end the process where exceptions
  // are off: whether there is as much memory as the head asks for is found out before, and all at once.
  SKIFF_TRY(HeapArray<std::uint8_t>::make(info.decoder_memory - info.limits.segment_wire - kMixingBase));
  return std::unique_ptr<Segments>(new MixedSegments(info, base, result));
}

MixedSegments::MixedSegments(const DeltaInfo& info, const Source& base, ResultWriter& result)
    : info_(info), base_(base), result_(result), models_(info.models) {}

Result<void> MixedSegments::read_map(const WireSegment& wire, const WindowBounds& window) {
  view_.reset();
  map_ = {};
  models_.reset();
  RangeDecoder coder(wire.bytes);
  MapCoder<RangeDecoder> reader(coder, models_.numbers, models_.slots, window, made_length(info_),
                                info_.limits.window_copies);
  SKIFF_TRY(reader.run(map_));
  SKIFF_TRY(check_length(wire.bytes, coder.length()));
  view_.emplace(map_);
  return {};
}

Result<std::uint64_t> MixedSegments::make_range(const WireSegment& wire, const SegmentInfo& range) {
  models_.reset();
  RangeDecoder coder(wire.bytes);
  BlockWriter writer(result_, range.result_offset);
  SegmentCoder<RangeDecoder> segment(coder, models_, info_.models, base_, *view_, writer);
  SKIFF_TRY(segment.run(range.result_offset, range.result_offset + range.result_length));
  SKIFF_TRY(writer.flush());
  // On another base the same bytes are of another length: that is the digest's to report (F27).
  if (writer.digest() == range.digest) SKIFF_TRY(check_length(wire.bytes, coder.length()));
  return writer.digest();
}

}  // namespace skiff
