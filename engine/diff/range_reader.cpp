#include "diff/range_reader.hpp"

#include <algorithm>

#include "base/cached_reader.hpp"
#include "base/xxh.hpp"
#include "codec/copy_translator.hpp"

namespace skiff {
namespace {

constexpr std::size_t kRead = std::size_t{1} << 16;

class RangeReader {
 public:
  RangeReader(const Images& images, const WindowView& window)
      : copies_(images.base, window), result_(images.result, kRead), predicted_(kRead) {}

  /// `copy` is the one that the piece is a part of.
  Result<void> read(const Piece& piece, const Copy* copy) {
    if (piece.kind == Piece::Kind::kResidue) copies_.begin(*copy, piece);
    for (std::uint64_t at = 0; at < piece.length;) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece.length - at, kRead));
      SKIFF_ASSIGN(const ByteView result, result_.view(piece.result_offset + at, length));
      digest_.update(result);
      if (piece.kind == Piece::Kind::kLiteral) put_bytes(literals_, result);
      if (piece.kind == Piece::Kind::kResidue) SKIFF_TRY(subtract(result));
      at += length;
    }
    return {};
  }

  RangeStreams finish() {
    RangeStreams out;
    std::array<Bytes, kResidueStreams> written = write_residue(residue_);
    std::move(written.begin(), written.end(), out.streams.begin());
    out.streams[kLiterals] = std::move(literals_);
    out.digest = digest_.digest();
    return out;
  }

 private:
  /// The residue of the bytes of the current piece that come next.
  Result<void> subtract(ByteView result) {
    const MutableBytes predicted = MutableBytes(predicted_).first(result.size());
    SKIFF_TRY(copies_.read(predicted));
    const std::size_t before = residue_.size();
    residue_.resize(before + result.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
      residue_[before + i] = static_cast<std::uint8_t>(result[i] - predicted[i]);
    }
    return {};
  }

  CopyTranslator copies_;
  CachedReader result_;
  Bytes predicted_;
  Bytes residue_;
  Bytes literals_;
  Xxh3 digest_;
};

}  // namespace

std::array<ByteView, kDataStreams> RangeStreams::views() const {
  std::array<ByteView, kDataStreams> out;
  std::copy(streams.begin(), streams.end(), out.begin());
  return out;
}

std::uint64_t RangeStreams::raw_length() const {
  std::uint64_t sum = 0;
  for (const Bytes& stream : streams) sum += stream.size();
  return sum;
}

Result<RangeStreams> read_range(const Images& images, const WindowView& window, ResultRange range) {
  RangeReader reader(images, window);
  PieceWalk walk(window.copies(), range.begin, range.end);
  while (const std::optional<Piece> piece = walk.next()) SKIFF_TRY(reader.read(*piece, walk.copy()));
  RangeStreams out = reader.finish();
  out.totals = count_pieces(PieceWalk(window.copies(), range.begin, range.end));
  return out;
}

}  // namespace skiff
