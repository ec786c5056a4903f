#include "diff/range_reader.hpp"

#include <algorithm>

#include "base/cached_reader.hpp"
#include "base/xxh.hpp"

namespace skiff {
namespace {

constexpr std::size_t kRead = std::size_t{1} << 16;

class RangeReader {
 public:
  explicit RangeReader(const Images& images) : base_(images.base, kRead), result_(images.result, kRead) {}

  Result<void> read(const Piece& piece) {
    for (std::uint64_t at = 0; at < piece.length;) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece.length - at, kRead));
      SKIFF_ASSIGN(const ByteView result, result_.view(piece.result_offset + at, length));
      digest_.update(result);
      if (piece.kind == Piece::Kind::kLiteral) put_bytes(literals_, result);
      if (piece.kind == Piece::Kind::kResidue) SKIFF_TRY(subtract(piece.base_offset + at, result));
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
  Result<void> subtract(std::uint64_t base_offset, ByteView result) {
    SKIFF_ASSIGN(const ByteView base, base_.view(base_offset, result.size()));
    const std::size_t before = residue_.size();
    residue_.resize(before + result.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
      residue_[before + i] = static_cast<std::uint8_t>(result[i] - base[i]);
    }
    return {};
  }

  CachedReader base_;
  CachedReader result_;
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

Result<RangeStreams> read_range(const Images& images, std::span<const Copy> copies, ResultRange range) {
  RangeReader reader(images);
  PieceWalk walk(copies, range.begin, range.end);
  while (const std::optional<Piece> piece = walk.next()) SKIFF_TRY(reader.read(*piece));
  RangeStreams out = reader.finish();
  out.totals = count_pieces(PieceWalk(copies, range.begin, range.end));
  return out;
}

}  // namespace skiff
