#include "apply/reconstructor.hpp"

#include <algorithm>

namespace skiff {

/// What of the segment is used up.
struct Reconstructor::Progress {
  std::uint64_t result_offset;  ///< of the block
  std::size_t filled;           ///< bytes made in the block
  ResidueAdder residue;
  ByteView literals;
};

Result<Reconstructor> Reconstructor::make(const Source& base, ResultWriter& result) {
  SKIFF_ASSIGN(auto block, HeapArray<std::uint8_t>::make(kBlockSize));
  return Reconstructor(base, result, std::move(block));
}

Result<std::uint64_t> Reconstructor::write_range(PieceWalk walk, std::uint64_t result_offset,
                                                 std::span<const ByteView, kDataStreams> streams) {
  digest_.reset();
  Progress progress{result_offset, 0, ResidueAdder(streams), streams[kLiterals]};
  while (std::optional<Piece> piece = walk.next()) {
    while (piece->length != 0) {
      const MutableBytes room = block_.span().subspan(progress.filled);
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), piece->length));
      SKIFF_TRY(make_bytes(*piece, room.first(length), progress));
      progress.filled += length;
      piece->base_offset += length;
      piece->length -= length;
      if (progress.filled == kBlockSize) SKIFF_TRY(flush(progress));
    }
  }
  SKIFF_TRY(flush(progress));
  return digest_.digest();
}

Result<void> Reconstructor::make_bytes(const Piece& piece, MutableBytes out, Progress& progress) {
  if (piece.kind == Piece::Kind::kLiteral) {
    std::copy_n(progress.literals.begin(), out.size(), out.begin());
    progress.literals = progress.literals.subspan(out.size());
    return {};
  }
  // The base's bytes are the prediction of a copy: what is not verbatim differs from it by the residue.
  SKIFF_TRY(base_->read_at(piece.base_offset, out));
  if (piece.kind == Piece::Kind::kResidue) progress.residue.add_to(out);
  return {};
}

Result<void> Reconstructor::flush(Progress& progress) {
  if (progress.filled == 0) return {};
  const ByteView made = block_.span().first(progress.filled);
  digest_.update(made);
  SKIFF_TRY(result_->write_at(progress.result_offset, made));
  progress.result_offset += made.size();
  progress.filled = 0;
  return {};
}

}  // namespace skiff
