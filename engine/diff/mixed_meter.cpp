// The segments of codec 1: each bit is metered as it is decoded.
#include <algorithm>
#include <optional>

#include "base/xxh.hpp"
#include "codec/map_coder.hpp"
#include "codec/segment_coder.hpp"
#include "diff/segment_meter.hpp"

namespace skiff {
namespace {

/// Made bytes on their way to the result: what was metered since the last of them is their cost.
class MeteredBytes final : public ResultStream {
 public:
  MeteredBytes(const MeterTask& task, MeteringDecoder& coder, const WindowView& view, std::uint64_t begin)
      : task_(task), coder_(coder), view_(view), copies_(view.copies()), at_(begin) {
    block_.reserve(kBlock);
  }

  Result<ByteView> peek(std::size_t /*length*/) override { return ByteView{}; }
  Result<void> put(ByteView bytes) override {
    if (coder_.any()) charge(coder_.take());
    at_ += bytes.size();
    block_.insert(block_.end(), bytes.begin(), bytes.end());
    return block_.size() < kBlock ? Result<void>{} : flush();
  }
  Result<void> flush() {
    digest_.update(block_);
    SKIFF_TRY(task_.result.write(block_));
    block_.clear();
    return {};
  }
  [[nodiscard]] std::uint64_t digest() const { return digest_.digest(); }

 private:
  static constexpr std::size_t kBlock = 64 << 10;

  void charge(const PartCosts& costs) {
    WireCost all = 0;
    for (std::size_t part = 0; part < kWireParts; ++part) {
      task_.readings.parts[part] += costs[part];
      all += costs[part];
    }
    PlaceCost cost;
    cost.literals = costs[static_cast<std::size_t>(WirePart::kLiterals)] +
                    costs[static_cast<std::size_t>(WirePart::kPlain)];
    cost.corrections = all - cost.literals;
    task_.readings.places.add(at_, cost);
    if (cost.corrections == 0) return;
    while (copies_.front().result_end() <= at_) copies_ = copies_.subspan(1);
    const Copy& copy = copies_.front();
    const TypedPlace place = view_.base_types().at(copy.base_offset + (at_ - copy.result_offset));
    task_.readings.corrections[static_cast<std::size_t>(place.range.kind)] += cost.corrections;
  }

  const MeterTask& task_;
  MeteringDecoder& coder_;
  const WindowView& view_;
  std::span<const Copy> copies_;  ///< those that may end after at_
  std::uint64_t at_;
  Bytes block_;
  Xxh3 digest_;
};

class MixedMeter final : public SegmentMeter {
 public:
  explicit MixedMeter(const MeterTask& task) : task_(task), models_(task.info.models) {}

  Result<void> read_map(const WireSegment& wire, const WindowBounds& window) override {
    view_.reset();
    map_ = {};
    models_.reset();
    RangeDecoder coder(wire.bytes);
    SKIFF_TRY(MapCoder<RangeDecoder>(coder, models_.numbers, models_.slots, window, made_length(task_.info),
                                     task_.info.limits.window_copies)
                  .run(map_));
    view_.emplace(map_);
    read_copies_of(map_.copies, task_.readings);
    return {};
  }

  Result<std::uint64_t> read_data(const WireSegment& wire, const SegmentInfo& range) override {
    models_.reset();
    MeteringDecoder coder(wire.bytes);
    MeteredBytes made(task_, coder, *view_, range.result_offset);
    SegmentCoder<MeteringDecoder> segment(coder, models_, task_.info.models, task_.base, *view_, made);
    const std::uint64_t end = range.result_offset + range.result_length;
    SKIFF_TRY(segment.run(range.result_offset, end));
    SKIFF_TRY(made.flush());
    task_.readings.pieces += count_pieces(PieceWalk(map_.copies, range.result_offset, end));
    return made.digest();
  }

 private:
  MeterTask task_;
  SegmentModels models_;
  WindowMap map_;
  std::optional<WindowView> view_;
};

}  // namespace

std::unique_ptr<SegmentMeter> make_mixed_meter(const MeterTask& task) {
  return std::make_unique<MixedMeter>(task);
}

}  // namespace skiff
