// InverseMap: where the bytes of the base went, as the copies of a window say: what references are translated
// by.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace skiff {

/// One copy, as far as translation is concerned.
struct Moved {
  std::uint64_t base_offset = 0;
  std::uint64_t result_offset = 0;
  std::uint64_t length = 0;
};

/// How sure a translation is.
enum class Certainty : std::uint8_t {
  kSameCopy = 0,  ///< the target lies in the copy that refers to it
  kCopied = 1,    ///< it lies in another copy
  kNear = 2,      ///< within 64 bytes of one
  kFar = 3,       ///< further away, or outside of the image
};

class InverseMap {
 public:
  /// Makes the pieces from `count` copies, which `copy_at` gives by index: where copies overlap in the base
  /// the longest wins, and of equally long ones the first. Memory: 8 bytes a copy while building, and 24 for
  /// its piece: it has one at most, as what covers a part of a copy is longer and reaches past its begin or
  /// end.
  void build(std::uint32_t count, const std::function<Moved(std::uint32_t)>& copy_at);

  struct Where {
    std::uint64_t result_offset = 0;
    Certainty certainty = Certainty::kFar;
  };
  /// The result offset of a base offset; outside of all pieces, as if the nearest piece went on.
  [[nodiscard]] Where find(std::uint64_t base_offset) const;

 private:
  struct Piece {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t shift = 0;  ///< result − base, modulo 2^64
  };
  void add_piece(std::uint64_t begin, std::uint64_t end, std::uint64_t shift);

  std::vector<Piece> pieces_;
  mutable std::size_t last_ = 0;
};

}  // namespace skiff
