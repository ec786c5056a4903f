#include "codec/stream_map.hpp"
#include "diff/segment_writer.hpp"
#include "diff/window_bounds.hpp"
#include "entropy/codec.hpp"
#include "format/pieces.hpp"
#include "skiff/diff.hpp"

namespace skiff {
namespace {

/// Reads one segment after another; keeps the map of the window it is in.
class Inspector {
 public:
  Inspector(const Source& delta, DiffReport& report) : delta_(delta), report_(report) {}

  Result<void> inspect() {
    const DeltaInfo& info = report_.info;
    if (info.codec == Codec::kContextMixing) return sum_segments();
    SKIFF_ASSIGN(decoder_, make_stream_decoder(info.codec));
    room_.resize(static_cast<std::size_t>(info.limits.segment_raw));
    for (std::size_t i = 0; i < info.segments.size(); ++i) {
      const SegmentInfo& segment = info.segments[i];
      Bytes wire(static_cast<std::size_t>(segment.wire_length));
      SKIFF_TRY(delta_.read_at(segment.wire_offset, wire));
      SKIFF_TRY(count_streams(wire, segment.is_map, report_.bytes));
      if (segment.is_map) {
        SKIFF_TRY(read_window(i, {wire, segment.wire_offset}));
      } else {
        count_pieces_of(segment);
      }
    }
    return {};
  }

 private:
  /// Segments of codec 1 cannot be read without the base: only maps and data are told apart.
  Result<void> sum_segments() {
    for (const SegmentInfo& segment : report_.info.segments) {
      (segment.is_map ? report_.bytes.map : report_.bytes.residue) += segment.wire_length;
    }
    return {};
  }
  Result<void> read_window(std::size_t map_index, const WireSegment& wire) {
    std::array<ByteView, kMapStreams> streams;
    SKIFF_TRY(decoder_->decode(wire, room_, streams));
    const DeltaInfo& info = report_.info;
    const WindowBounds window = window_bounds(info, map_index);
    SKIFF_ASSIGN(map_, read_map(streams, {window, made_length(info), info.limits.window_copies}));
    report_.copies += map_.copies.size();
    return {};
  }

  void count_pieces_of(const SegmentInfo& segment) {
    const std::uint64_t end = segment.result_offset + segment.result_length;
    const PieceTotals totals = count_pieces(PieceWalk(map_.copies, segment.result_offset, end));
    report_.literal_bytes += totals.literal;
    report_.verbatim_bytes += totals.verbatim;
    report_.copied_bytes += totals.residue;
  }

  const Source& delta_;
  DiffReport& report_;
  std::unique_ptr<StreamDecoder> decoder_;
  Bytes room_;
  WindowMap map_;
};

}  // namespace

Result<DiffReport> inspect_delta(const Source& delta) {
  DiffReport report;
  SKIFF_ASSIGN(report.info, read_delta_info(delta));
  report.bytes.head = report.info.head_length;
  SKIFF_TRY(Inspector(delta, report).inspect());
  return report;
}

}  // namespace skiff
