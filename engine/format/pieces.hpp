// Pieces: a range of the result cut into literal gaps and parts of copies, as the map of its window says.
#pragma once

#include <optional>
#include <span>

#include "format/map.hpp"

namespace skiff {

struct Piece {
  enum class Kind : std::uint8_t { kLiteral, kVerbatim, kResidue };
  Kind kind = Kind::kLiteral;
  std::uint64_t result_offset = 0;
  std::uint64_t base_offset = 0;  ///< of a literal: 0
  std::uint64_t length = 0;       ///< at least 1
  bool operator==(const Piece&) const = default;
};

/// Walks the pieces of result range [begin, end) in order. `copies` are those of the window that holds the
/// range, as read_copies() or the encoder's cover gives them; the caller keeps them alive.
class PieceWalk {
 public:
  PieceWalk(std::span<const Copy> copies, std::uint64_t begin, std::uint64_t end);
  /// The next piece; nothing at the end of the range.
  std::optional<Piece> next();
  /// Where in the result the next piece begins.
  [[nodiscard]] std::uint64_t at() const { return at_; }
  /// The copy that the last piece is a part of; null if it is a literal.
  [[nodiscard]] const Copy* copy() const { return copy_; }

 private:
  std::span<const Copy> copies_;  ///< those that end after at_
  const Copy* copy_ = nullptr;
  std::uint64_t at_;
  std::uint64_t end_;
};

/// How many bytes of a range come from where.
struct PieceTotals {
  std::uint64_t literal = 0;
  std::uint64_t verbatim = 0;
  std::uint64_t residue = 0;
  PieceTotals& operator+=(const PieceTotals& more) {
    literal += more.literal;
    verbatim += more.verbatim;
    residue += more.residue;
    return *this;
  }
};
PieceTotals count_pieces(PieceWalk walk);

}  // namespace skiff
