#include "diff/place_costs.hpp"

#include <algorithm>

namespace skiff {

void PlaceCosts::add(std::uint64_t offset, const PlaceCost& cost) {
  const std::uint64_t index = offset / kCell;
  if (cells_.empty() || cells_.back().index != index) cells_.push_back({index, {}});
  cells_.back().cost += cost;
  whole_ += cost;
}

PlaceCost PlaceCosts::between(std::uint64_t begin, std::uint64_t end) const {
  PlaceCost sum;
  auto cell = std::lower_bound(cells_.begin(), cells_.end(), begin / kCell,
                               [](const Cell& c, std::uint64_t index) { return c.index < index; });
  for (; cell != cells_.end() && cell->index * kCell < end; ++cell) {
    const std::uint64_t from = std::max(begin, cell->index * kCell);
    const std::uint64_t part = std::min(end, (cell->index + 1) * kCell) - from;
    sum += {cell->cost.literals * part / kCell, cell->cost.corrections * part / kCell};
  }
  return sum;
}

PlaceCost PlaceCosts::of(const typing::FileExtents& file, std::uint64_t begin, std::uint64_t end) const {
  PlaceCost sum;
  for (const typing::Extent& extent : file.extents) {
    const std::uint64_t from = std::max(begin, extent.file_offset);
    const std::uint64_t to = std::min(end, extent.file_offset + extent.length);
    const std::uint64_t shift = extent.image_offset - extent.file_offset;
    if (from < to) sum += between(from + shift, to + shift);
  }
  return sum;
}

}  // namespace skiff
