// PlaceCosts: what the bytes of a delta cost, by where in the result they go.
#pragma once

#include <vector>

#include "diff/metering_decoder.hpp"
#include "typing/extents.hpp"

namespace skiff {

struct PlaceCost {
  WireCost literals = 0;
  WireCost corrections = 0;  ///< of copies
  [[nodiscard]] WireCost all() const { return literals + corrections; }
  PlaceCost& operator+=(const PlaceCost& more) {
    literals += more.literals;
    corrections += more.corrections;
    return *this;
  }
};

/// Remembers costs in cells of kCell result bytes, and only of cells that have any.
class PlaceCosts {
 public:
  static constexpr std::uint64_t kCell = 16;

  /// What the byte at `offset` cost, and those with it in a token; offsets come in order.
  void add(std::uint64_t offset, const PlaceCost& cost);
  /// Of result bytes [begin, end); of cells that lie in it partly, their part.
  [[nodiscard]] PlaceCost between(std::uint64_t begin, std::uint64_t end) const;
  /// Of the bytes [begin, end) of a file that lies in the result.
  [[nodiscard]] PlaceCost of(const typing::FileExtents& file, std::uint64_t begin, std::uint64_t end) const;
  [[nodiscard]] PlaceCost of(const typing::FileExtents& file) const { return of(file, 0, file.size); }
  [[nodiscard]] const PlaceCost& whole() const { return whole_; }

 private:
  struct Cell {
    std::uint64_t index;
    PlaceCost cost;
  };
  std::vector<Cell> cells_;
  PlaceCost whole_;
};

}  // namespace skiff
