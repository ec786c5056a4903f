#include <algorithm>
#include <array>
#include <numeric>

#include "base/parallel.hpp"
#include "diff/mixed_delta.hpp"
#include "diff/plan.hpp"
#include "diff/progress_report.hpp"
#include "diff/range_reader.hpp"
#include "diff/segment_writer.hpp"
#include "entropy/codec.hpp"
#include "match/matcher.hpp"
#include "skiff/diff.hpp"

namespace skiff {
namespace {

/// Windows are weighed in blocks of this many result bytes, and segments are made of whole blocks.
constexpr std::uint64_t kBlockLength = std::uint64_t{64} << 10;
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
  WindowCoder(const Images& images, const DiffOptions& options, DiffReport& report, SegmentWriter& writer)
      : images_(images),
        options_(options),
        limits_(plan_limits(options.profile)),
        report_(report),
        writer_(writer) {}

  Result<void> code(const Window& window) {
    SKIFF_TRY(code_map(window));
    SKIFF_ASSIGN(const std::vector<BlockCost> costs, weigh_blocks(window));
    SKIFF_TRY(code_segments(window, group_blocks(costs, limits_)));
    ++index_;
    return {};
  }

 private:
  Result<void> code_map(const Window& window) {
    const std::array<Bytes, kMapStreams> streams = write_map(window.copies, window.begin);
    std::array<ByteView, kMapStreams> views;
    std::copy(streams.begin(), streams.end(), views.begin());
    SKIFF_ASSIGN(const Bytes wire, encode_streams(options_.codec, views, kFinalEffort));
    writer_.note_copies(window.copies.size());
    writer_.note_raw(
        std::accumulate(streams.begin(), streams.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const Bytes& stream) { return sum + stream.size(); }));
    report_.copies += window.copies.size();
    return writer_.add({.is_map = true, .window = index_, .result_offset = window.begin}, wire);
  }

  static ResultRange block_range(const Window& window, std::size_t block) {
    const std::uint64_t begin = window.begin + block * kBlockLength;
    return {begin, std::min(begin + kBlockLength, window.end)};
  }

  [[nodiscard]] Result<std::vector<BlockCost>> weigh_blocks(const Window& window) const {
    const auto blocks =
        static_cast<std::size_t>((window.end - window.begin + kBlockLength - 1) / kBlockLength);
    std::vector<BlockCost> costs;
    const auto produce = [&](std::size_t block) -> Result<BlockCost> {
      const ResultRange range = block_range(window, block);
      const PieceTotals totals = count_pieces(PieceWalk(window.copies, range.begin, range.end));
      if (totals.literal == 0 && totals.residue == 0) return BlockCost{};
      SKIFF_ASSIGN(const RangeStreams streams, read_range(images_, window.copies, range));
      SKIFF_ASSIGN(const Bytes coded, encode_streams(options_.codec, streams.views(), kEstimateEffort));
      return BlockCost{streams.raw_length() + kBlockSlack, coded.size()};
    };
    const auto consume = [&](std::size_t, BlockCost&& cost) -> Result<void> {
      costs.push_back(cost);
      return {};
    };
    SKIFF_TRY(ordered_parallel_for<BlockCost>(blocks, options_.threads, produce, consume));
    return costs;
  }

  [[nodiscard]] Result<CodedSegment> code_segment(const Window& window, ResultRange range) const {
    SKIFF_ASSIGN(const RangeStreams streams, read_range(images_, window.copies, range));
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
    const auto produce = [&](std::size_t i) { return code_segment(window, ranges[i]); };
    const auto consume = [&](std::size_t, CodedSegment&& segment) -> Result<void> {
      report_.literal_bytes += segment.totals.literal;
      report_.verbatim_bytes += segment.totals.verbatim;
      report_.copied_bytes += segment.totals.residue;
      writer_.note_raw(segment.raw_length);
      SKIFF_TRY(writer_.add(segment.info, segment.wire));
      const std::uint64_t end = segment.info.result_offset + segment.info.result_length;
      return ProgressReport(options_)("code",
                                      static_cast<double>(end) / static_cast<double>(images_.result.size()));
    };
    return ordered_parallel_for<CodedSegment>(ranges.size(), options_.threads, produce, consume);
  }

  const Images& images_;
  const DiffOptions& options_;
  PlanLimits limits_;
  DiffReport& report_;
  SegmentWriter& writer_;
  std::uint32_t index_ = 0;
};

Result<void> identify(DeltaInfo& info, const Images& images, const DiffOptions& options,
                      const MakeHasher& make_hasher) {
  const std::array<const Source*, 2> sources{&images.base, &images.result};
  const std::array<ImageId*, 2> ids{&info.base, &info.result};
  const auto produce = [&](std::size_t i) { return hash_source(*sources[i], make_hasher); };
  const auto consume = [&](std::size_t i, Sha256&& sha256) -> Result<void> {
    *ids[i] = {sources[i]->size(), sha256};
    return ProgressReport(options)("hash", static_cast<double>(i + 1) / 2);
  };
  return ordered_parallel_for<Sha256>(sources.size(), options.threads, produce, consume);
}

Result<void> code_zstd(const Images& images, const DiffOptions& options, DiffReport& report,
                       SegmentWriter& writer) {
  const match::MatchOptions match_options{.threads = options.threads, .max_memory = options.max_memory};
  const ProgressReport progress(options);
  const auto matching = [&](double done) { return progress("match", done); };
  SKIFF_ASSIGN(const match::Match match,
               match::find_cover(images.base, images.result, match_options, matching));
  WindowCoder coder(images, options, report, writer);
  const PlanLimits limits = plan_limits(options.profile);
  for (const Window& window : cut_windows(to_format(match.cover), images.result.size(), limits)) {
    SKIFF_TRY(coder.code(window));
  }
  return {};
}

}  // namespace

Result<DiffReport> build_delta(const Source& base, const Source& result, Sink& delta,
                               const DiffOptions& options, const MakeHasher& make_hasher) {
  const Images images{base, result};
  const ProgressReport progress(options);
  DiffReport report;
  report.info.codec = options.codec;
  report.info.profile = options.profile;
  SKIFF_TRY(progress("hash", 0));
  SKIFF_TRY(identify(report.info, images, options, make_hasher));
  SegmentWriter writer(report, make_hasher);
  SKIFF_TRY(options.codec == Codec::kZstd ? code_zstd(images, options, report, writer)
                                          : code_mixed(images, options, report, writer));
  SKIFF_TRY(writer.finish(delta));
  SKIFF_TRY(progress("write", 1));
  return report;
}

}  // namespace skiff
