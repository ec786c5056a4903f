#include "format/pieces.hpp"

#include <algorithm>

namespace skiff {

PieceWalk::PieceWalk(std::span<const Copy> copies, std::uint64_t begin, std::uint64_t end)
    : at_(begin), end_(end) {
  const auto first =
      std::upper_bound(copies.begin(), copies.end(), begin,
                       [](std::uint64_t offset, const Copy& copy) { return offset < copy.result_end(); });
  copies_ = copies.subspan(static_cast<std::size_t>(first - copies.begin()));
}

std::optional<Piece> PieceWalk::next() {
  if (at_ == end_) return std::nullopt;
  Piece piece{.result_offset = at_};
  copy_ = nullptr;
  if (copies_.empty() || copies_.front().result_offset > at_) {
    piece.length = copies_.empty() ? end_ - at_ : std::min(end_, copies_.front().result_offset) - at_;
  } else {
    const Copy& copy = copies_.front();
    copy_ = &copy;
    piece.kind = copy.verbatim ? Piece::Kind::kVerbatim : Piece::Kind::kResidue;
    piece.base_offset = copy.base_offset + (at_ - copy.result_offset);
    piece.length = std::min(end_, copy.result_end()) - at_;
    if (copy.result_end() <= end_) copies_ = copies_.subspan(1);
  }
  at_ += piece.length;
  return piece;
}

PieceTotals count_pieces(PieceWalk walk) {
  PieceTotals totals;
  while (const std::optional<Piece> piece = walk.next()) {
    switch (piece->kind) {
      case Piece::Kind::kLiteral:
        totals.literal += piece->length;
        break;
      case Piece::Kind::kVerbatim:
        totals.verbatim += piece->length;
        break;
      case Piece::Kind::kResidue:
        totals.residue += piece->length;
        break;
    }
  }
  return totals;
}

}  // namespace skiff
