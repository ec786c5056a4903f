// The segments of codec 0: what a stream costs is spread evenly over the bytes that it makes or changes.
#include <algorithm>
#include <optional>

#include "base/xxh.hpp"
#include "codec/copy_translator.hpp"
#include "codec/stream_map.hpp"
#include "diff/segment_meter.hpp"
#include "diff/segment_writer.hpp"
#include "format/residue.hpp"

namespace skiff {
namespace {

class StreamMeter final : public SegmentMeter {
 public:
  StreamMeter(const MeterTask& task, std::unique_ptr<StreamDecoder> decoder)
      : task_(task),
        decoder_(std::move(decoder)),
        room_(static_cast<std::size_t>(task.info.limits.segment_raw)),
        block_(kBlock),
        predicted_(kBlock) {}

  Result<void> read_map(const WireSegment& wire, const WindowBounds& window) override {
    view_.reset();
    map_ = {};
    std::array<ByteView, kMapStreams> streams;
    SKIFF_TRY(decoder_->decode(wire, room_, streams));
    const MapBounds bounds{window, made_length(task_.info), task_.info.limits.window_copies};
    SKIFF_ASSIGN(map_, skiff::read_map(streams, bounds));
    view_.emplace(map_);
    read_copies_of(map_.copies, task_.readings);
    return {};
  }

  Result<std::uint64_t> read_data(const WireSegment& wire, const SegmentInfo& range) override {
    std::array<ByteView, kDataStreams> streams;
    SKIFF_TRY(decoder_->decode(wire, room_, streams));
    PieceWalk walk(map_.copies, range.result_offset, range.result_offset + range.result_length);
    const PieceTotals pieces = count_pieces(walk);
    SKIFF_TRY(check_data_streams(streams, pieces));
    task_.readings.pieces += pieces;
    SKIFF_TRY(set_prices(wire.bytes, streams));
    digest_.reset();
    Progress progress{ResidueAdder(streams), streams[kLiterals], CopyTranslator(task_.base, *view_)};
    while (const std::optional<Piece> piece = walk.next()) {
      if (piece->kind == Piece::Kind::kResidue) progress.copies.begin(*walk.copy(), *piece);
      SKIFF_TRY(make_piece(*piece, progress));
    }
    return digest_.digest();
  }

 private:
  static constexpr std::size_t kBlock = 64 << 10;
  /// What of the segment is used up.
  struct Progress {
    ResidueAdder residue;
    ByteView literals;
    CopyTranslator copies;
  };

  /// What one byte of each kind costs in this segment.
  Result<void> set_prices(ByteView wire, std::span<const ByteView, kDataStreams> streams) {
    DeltaBreakdown bytes;
    SKIFF_TRY(count_streams(wire, false, bytes));
    std::size_t changes = 0;
    for (std::size_t stream = kChanges1; stream <= kChanges4; ++stream) changes += streams[stream].size();
    literal_price_ = bytes.literals * kByteCost / std::max<std::size_t>(streams[kLiterals].size(), 1);
    change_price_ = bytes.residue * kByteCost / std::max<std::size_t>(changes, 1);
    return {};
  }

  Result<void> make_piece(Piece piece, Progress& progress) {
    while (piece.length != 0) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, piece.length));
      const MutableBytes out = MutableBytes(block_).first(length);
      SKIFF_TRY(make_bytes(piece, out, progress));
      digest_.update(out);
      SKIFF_TRY(task_.result.write(out));
      piece.result_offset += length;
      piece.base_offset += length;
      piece.length -= length;
    }
    return {};
  }

  Result<void> make_bytes(const Piece& piece, MutableBytes out, Progress& progress) {
    if (piece.kind == Piece::Kind::kVerbatim) return task_.base.read_at(piece.base_offset, out);
    if (piece.kind == Piece::Kind::kLiteral) {
      std::copy_n(progress.literals.begin(), out.size(), out.begin());
      progress.literals = progress.literals.subspan(out.size());
      for (std::size_t i = 0; i < out.size(); ++i) {
        task_.readings.parts[static_cast<std::size_t>(WirePart::kLiterals)] += literal_price_;
        task_.readings.places.add(piece.result_offset + i, {literal_price_, 0});
      }
      return {};
    }
    SKIFF_TRY(progress.copies.read(out));
    std::copy(out.begin(), out.end(), predicted_.begin());
    progress.residue.add_to(out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i] == predicted_[i]) continue;
      task_.readings.parts[static_cast<std::size_t>(WirePart::kBytes)] += change_price_;
      task_.readings.places.add(piece.result_offset + i, {0, change_price_});
      const Kind kind = view_->base_types().at(piece.base_offset + i).range.kind;
      task_.readings.corrections[static_cast<std::size_t>(kind)] += change_price_;
    }
    return {};
  }

  MeterTask task_;
  std::unique_ptr<StreamDecoder> decoder_;
  Bytes room_;  ///< of decoded streams
  Bytes block_;
  Bytes predicted_;  ///< the block before its residue was added
  WindowMap map_;
  std::optional<WindowView> view_;
  WireCost literal_price_ = 0;
  WireCost change_price_ = 0;
  Xxh3 digest_;
};

}  // namespace

Result<std::unique_ptr<SegmentMeter>> make_stream_meter(const MeterTask& task) {
  SKIFF_ASSIGN(auto decoder, make_stream_decoder(task.info.codec));
  return std::unique_ptr<SegmentMeter>(new StreamMeter(task, std::move(decoder)));
}

}  // namespace skiff
