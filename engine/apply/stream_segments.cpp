#include "apply/stream_segments.hpp"

#include "codec/stream_map.hpp"
#include "format/limits.hpp"

namespace skiff {

Result<std::unique_ptr<Segments>> StreamSegments::make(const DeltaInfo& info, const Source& base,
                                                       ResultWriter& result) {
  SKIFF_ASSIGN(Reconstructor reconstructor, Reconstructor::make(base, result));
  SKIFF_ASSIGN(auto decoder, make_stream_decoder(info.codec));
  SKIFF_ASSIGN(auto room, HeapArray<std::uint8_t>::make(info.limits.segment_raw));
  // A map is made of containers, whose failed allocation would end the process where exceptions are off:
  // whether there is as much memory as it may take is found out before.
  SKIFF_TRY(HeapArray<std::uint8_t>::make(info.limits.window_copies * kMapEntry));
  return std::unique_ptr<Segments>(
      new StreamSegments(info, std::move(reconstructor), std::move(decoder), std::move(room)));
}

Result<void> StreamSegments::read_map(const WireSegment& wire, const WindowBounds& window) {
  view_.reset();
  map_ = {};
  std::array<ByteView, kMapStreams> streams;
  SKIFF_TRY(decoder_->decode(wire, room_.span(), streams));
  SKIFF_ASSIGN(map_, skiff::read_map(streams, {window, made_length(info_), info_.limits.window_copies}));
  view_.emplace(map_);
  return {};
}

Result<std::uint64_t> StreamSegments::make_range(const WireSegment& wire, const SegmentInfo& range) {
  std::array<ByteView, kDataStreams> streams;
  SKIFF_TRY(decoder_->decode(wire, room_.span(), streams));
  const PieceWalk pieces(map_.copies, range.result_offset, range.result_offset + range.result_length);
  SKIFF_TRY(check_data_streams(streams, count_pieces(pieces)));
  return reconstructor_.write_range(pieces, *view_, streams);
}

}  // namespace skiff
