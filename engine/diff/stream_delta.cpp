#include "diff/stream_delta.hpp"

#include <algorithm>
#include <numeric>

#include "base/parallel.hpp"
#include "codec/stream_map.hpp"
#include "diff/progress_report.hpp"
#include "diff/range_reader.hpp"
#include "diff/window_map.hpp"
#include "entropy/codec.hpp"

namespace skiff {
namespace {

/// Windows are weighed in blocks of this many result bytes, and segments are made of whole blocks.
constexpr std::uint64_t kBlockLength = std::uint64_t{64} << 10;
/// Blocks weighed by one thread with one set of lookups.
constexpr std::size_t kStretchBlocks = 16;
/// Joining blocks can lengthen a run's code by a few bytes.
constexpr std::uint64_t kBlockSlack = 16;
constexpr CodingEffort kFinalEffort{.level = 19};
constexpr CodingEffort kEstimateEffort{.level = 1};

/// One data segment, ready for the wire.
struct CodedSegment {
  SegmentInfo info;
  Bytes wire;
  std::uint64_t raw_length = 0;
  PieceTotals totals;
};

/// Codes one window after another.
class WindowCoder {
 public:
  WindowCoder(const DraftTask& task, Draft& draft)
      : images_(task.typed.images),
        typing_(task.typed.typing),
        options_(task.options),
        limits_(plan_limits(task.options.profile)),
        draft_(draft) {}

  Result<void> code(const Window& window) {
    map_ = window_map(typing_, window, limits_.window_copies);
    SKIFF_TRY(code_map(window));
    SKIFF_ASSIGN(const std::vector<BlockCost> costs, weigh_blocks(window));
    SKIFF_TRY(code_segments(window, group_blocks(costs, limits_)));
    ++index_;
    return {};
  }

 private:
  static std::uint64_t raw_length(std::span<const Bytes> streams) {
    return std::accumulate(streams.begin(), streams.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Bytes& stream) { return sum + stream.size(); });
  }

  Result<void> code_map(const Window& window) {
    std::array<Bytes, kMapStreams> streams = write_map(map_, window.begin);
    if (raw_length(streams) > limits_.segment_raw) {
      map_.typing = {};
      streams = write_map(map_, window.begin);
    }
    std::array<ByteView, kMapStreams> views;
    std::copy(streams.begin(), streams.end(), views.begin());
    SKIFF_ASSIGN(const Bytes wire, encode_streams(options_.codec, views, kFinalEffort));
    draft_.writer.note_copies(entries_of(map_));
    draft_.writer.note_raw(raw_length(streams));
    draft_.report.copies += map_.copies.size();
    return draft_.writer.add({.is_map = true, .window = index_, .result_offset = window.begin}, wire);
  }

  static ResultRange block_range(const Window& window, std::size_t block) {
    const std::uint64_t begin = window.begin + block * kBlockLength;
    return {begin, std::min(begin + kBlockLength, window.end)};
  }

  [[nodiscard]] Result<std::vector<BlockCost>> weigh_blocks(const Window& window) const {
    const auto blocks =
        static_cast<std::size_t>((window.end - window.begin + kBlockLength - 1) / kBlockLength);
    std::vector<BlockCost> costs;
    const auto produce = [&](std::size_t stretch) -> Result<std::vector<BlockCost>> {
      const WindowView view(map_);
      std::vector<BlockCost> weighed;
      const std::size_t end = std::min(blocks, (stretch + 1) * kStretchBlocks);
      for (std::size_t block = stretch * kStretchBlocks; block < end; ++block) {
        SKIFF_ASSIGN(const BlockCost cost, weigh(view, block_range(window, block)));
        weighed.push_back(cost);
      }
      return weighed;
    };
    const auto consume = [&](std::size_t, std::vector<BlockCost>&& weighed) -> Result<void> {
      costs.insert(costs.end(), weighed.begin(), weighed.end());
      return {};
    };
    SKIFF_TRY(ordered_parallel_for<std::vector<BlockCost>>((blocks + kStretchBlocks - 1) / kStretchBlocks,
                                                           options_.threads, produce, consume));
    return costs;
  }

  [[nodiscard]] Result<BlockCost> weigh(const WindowView& view, ResultRange range) const {
    const PieceTotals totals = count_pieces(PieceWalk(map_.copies, range.begin, range.end));
    if (totals.literal == 0 && totals.residue == 0) return BlockCost{};
    SKIFF_ASSIGN(const RangeStreams streams, read_range(images_, view, range));
    SKIFF_ASSIGN(const Bytes coded, encode_streams(options_.codec, streams.views(), kEstimateEffort));
    return BlockCost{streams.raw_length() + kBlockSlack, coded.size()};
  }

  [[nodiscard]] Result<CodedSegment> code_segment(ResultRange range) const {
    const WindowView view(map_);
    SKIFF_ASSIGN(const RangeStreams streams, read_range(images_, view, range));
    CodedSegment out;
    SKIFF_ASSIGN(out.wire, encode_streams(options_.codec, streams.views(), kFinalEffort));
    out.info.window = index_;
    out.info.result_offset = range.begin;
    out.info.result_length = range.end - range.begin;
    out.info.digest = streams.digest;
    out.raw_length = streams.raw_length();
    out.totals = streams.totals;
    return out;
  }

  Result<void> code_segments(const Window& window, const std::vector<std::size_t>& groups) {
    std::vector<ResultRange> ranges;
    std::size_t block = 0;
    for (const std::size_t blocks : groups) {
      const std::uint64_t begin = block_range(window, block).begin;
      block += blocks;
      ranges.push_back({begin, block_range(window, block - 1).end});
    }
    const auto produce = [&](std::size_t i) { return code_segment(ranges[i]); };
    const auto consume = [&](std::size_t, CodedSegment&& segment) -> Result<void> {
      draft_.report.literal_bytes += segment.totals.literal;
      draft_.report.verbatim_bytes += segment.totals.verbatim;
      draft_.report.copied_bytes += segment.totals.residue;
      draft_.writer.note_raw(segment.raw_length);
      SKIFF_TRY(draft_.writer.add(segment.info, segment.wire));
      const std::uint64_t end = segment.info.result_offset + segment.info.result_length;
      return ProgressReport(options_)("code",
                                      static_cast<double>(end) / static_cast<double>(images_.result.size()));
    };
    return ordered_parallel_for<CodedSegment>(ranges.size(), options_.threads, produce, consume);
  }

  Images images_;
  const Typing& typing_;
  const DiffOptions& options_;
  PlanLimits limits_;
  Draft& draft_;
  WindowMap map_;  ///< of the current window
  std::uint32_t index_ = 0;
};

}  // namespace

Result<void> code_streams(const DraftTask& task, Draft& draft) {
  WindowCoder coder(task, draft);
  const PlanLimits limits = plan_limits(task.options.profile);
  const std::uint64_t length = task.typed.images.result.size();
  for (const Window& window : typed_windows(task.cover, task.typed.typing, length, limits))
    SKIFF_TRY(coder.code(window));
  return {};
}

}  // namespace skiff
