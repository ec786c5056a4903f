#include "diff/mixed_window_coder.hpp"

#include <algorithm>

#include "base/xxh.hpp"
#include "codec/map_coder.hpp"
#include "codec/segment_coder.hpp"
#include "diff/window_map.hpp"
#include "format/pieces.hpp"

namespace skiff {
namespace {

/// The result image, read in order, with the digest of what was taken.
class TrueBytes final : public ResultStream {
 public:
  TrueBytes(const Source& image, std::uint64_t begin) : image_(image), at_(begin), block_(kBlock) {}

  Result<ByteView> peek(std::size_t length) override {
    if (at_ < begin_ || at_ - begin_ + length > filled_) SKIFF_TRY(fill());
    return ByteView(block_).subspan(static_cast<std::size_t>(at_ - begin_), length);
  }
  Result<void> put(ByteView bytes) override {
    digest_.update(bytes);
    at_ += bytes.size();
    return {};
  }
  [[nodiscard]] std::uint64_t digest() const { return digest_.digest(); }

 private:
  static constexpr std::size_t kBlock = 64 << 10;
  Result<void> fill() {
    begin_ = at_;
    filled_ = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, image_.size() - begin_));
    return image_.read_at(begin_, MutableBytes(block_).first(filled_));
  }

  const Source& image_;
  std::uint64_t at_;
  Bytes block_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
  Xxh3 digest_;
};

class Coding {
 public:
  Coding(const Images& images, const Window& window, std::uint32_t index, const MixedOptions& options,
         WindowMap map)
      : images_(images),
        window_(window),
        index_(index),
        options_(options),
        map_(std::move(map)),
        models_(options.sizes) {}

  Result<MixedWindow> run() {
    MixedWindow out;
    out.entries = entries_of(map_);
    SKIFF_ASSIGN(MixedSegment map, code_map());
    out.segments.push_back(std::move(map));
    const WindowView view(map_);
    for (std::uint64_t at = window_.begin; at < window_.end;) {
      SKIFF_ASSIGN(MixedSegment segment, code_range(view, at));
      at += segment.info.result_length;
      out.segments.push_back(std::move(segment));
    }
    out.totals = count_pieces(PieceWalk(map_.copies, window_.begin, window_.end));
    return out;
  }

 private:
  Result<MixedSegment> code_map() {
    models_.reset();
    RangeEncoder coder;
    const WindowBounds bounds{window_.begin, window_.end - window_.begin, images_.base.size()};
    SKIFF_TRY(MapCoder<RangeEncoder>(coder, models_.numbers, models_.slots, bounds, images_.result.size(),
                                     options_.max_entries)
                  .run(map_));
    MixedSegment out;
    out.info = {.is_map = true, .window = index_, .result_offset = window_.begin};
    out.wire = finished(coder);
    return out;
  }

  Result<MixedSegment> code_range(const WindowView& view, std::uint64_t begin) {
    models_.reset();
    RangeEncoder coder;
    TrueBytes truth(images_.result, begin);
    SegmentCoder<RangeEncoder> segment(coder, models_, options_.sizes, images_.base, view, truth);
    SKIFF_ASSIGN(const std::uint64_t end, segment.run(begin, window_.end, options_.segment_wire));
    MixedSegment out;
    out.info.window = index_;
    out.info.result_offset = begin;
    out.info.result_length = end - begin;
    out.info.digest = truth.digest();
    out.literal_wire = segment.literal_bytes();
    out.wire = finished(coder);
    return out;
  }

  /// A segment has at least one byte on the wire.
  static Bytes finished(RangeEncoder& coder) {
    Bytes wire = coder.finish();
    if (wire.empty()) wire.push_back(0);
    return wire;
  }

  const Images& images_;
  const Window& window_;
  std::uint32_t index_;
  const MixedOptions& options_;
  WindowMap map_;
  SegmentModels models_;
};

}  // namespace

Result<MixedWindow> code_mixed_window(const Images& images, const Typing& typing, const Window& window,
                                      std::uint32_t index, const MixedOptions& options) {
  return Coding(images, window, index, options, window_map(typing, window, options.max_entries)).run();
}

}  // namespace skiff
