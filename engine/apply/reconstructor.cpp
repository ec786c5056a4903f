#include "apply/reconstructor.hpp"

#include <algorithm>

namespace skiff {

/// What of the segment is used up.
struct Reconstructor::Progress {
  std::uint64_t result_offset;  ///< of the block
  std::size_t filled;           ///< bytes made in the block
  ResidueAdder residue;
  ByteView literals;
  CopyTranslator copies;
};

Result<Reconstructor> Reconstructor::make(const Source& base, ResultWriter& result) {
  SKIFF_ASSIGN(auto block, HeapArray<std::uint8_t>::make(kBlockSize));
  return Reconstructor(base, result, std::move(block));
}

Result<std::uint64_t> Reconstructor::write_range(PieceWalk walk, const WindowView& window,
                                                 std::span<const ByteView, kDataStreams> streams) {
  digest_.reset();
  Progress progress{walk.at(), 0, ResidueAdder(streams), streams[kLiterals], CopyTranslator(*base_, window)};
  while (const std::optional<Piece> piece = walk.next()) {
    if (piece->kind == Piece::Kind::kResidue) progress.copies.begin(*walk.copy(), *piece);
    SKIFF_TRY(make_piece(*piece, progress));
  }
  SKIFF_TRY(flush(progress));
  return digest_.digest();
}

Result<void> Reconstructor::make_piece(Piece piece, Progress& progress) {
  while (piece.length != 0) {
    const MutableBytes room = block_.span().subspan(progress.filled);
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), piece.length));
    SKIFF_TRY(make_bytes(piece, room.first(length), progress));
    progress.filled += length;
    piece.base_offset += length;
    piece.length -= length;
    if (progress.filled == kBlockSize) SKIFF_TRY(flush(progress));
  }
  return {};
}

Result<void> Reconstructor::make_bytes(const Piece& piece, MutableBytes out, Progress& progress) {
  switch (piece.kind) {
    case Piece::Kind::kLiteral:
      std::copy_n(progress.literals.begin(), out.size(), out.begin());
      progress.literals = progress.literals.subspan(out.size());
      return {};
    case Piece::Kind::kVerbatim:
      return base_->read_at(piece.base_offset, out);
    case Piece::Kind::kResidue:
      break;
  }
  SKIFF_TRY(progress.copies.read(out));
  progress.residue.add_to(out);
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
