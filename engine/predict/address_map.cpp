#include "predict/address_map.hpp"

#include <algorithm>

namespace skiff {

bool AddressMap::find(std::uint64_t offset) const {
  const auto space =
      std::upper_bound(typing_.begin(), typing_.end(), offset,
                       [](std::uint64_t at, const Space& candidate) { return at < candidate.begin; });
  if (space == typing_.begin() || offset >= std::prev(space)->end) return false;
  const std::vector<AddressRange>& ranges = std::prev(space)->addresses;
  const auto range =
      std::upper_bound(ranges.begin(), ranges.end(), offset,
                       [](std::uint64_t at, const AddressRange& candidate) { return at < candidate.offset; });
  if (range == ranges.begin() || offset - std::prev(range)->offset >= std::prev(range)->length) return false;
  last_ = *std::prev(range);
  return true;
}

std::optional<Place> place_of(const Space& space, std::uint64_t address) {
  const AddressRange* nearest = nullptr;
  std::uint64_t least = ~std::uint64_t{0};
  for (const AddressRange& range : space.addresses) {
    const std::uint64_t into = address - range.address;
    if (into < range.length) return Place{range.offset + into, 0};
    const std::uint64_t before = range.address - address;
    const std::uint64_t distance = address < range.address ? before : into - range.length + 1;
    if (distance < least) {
      least = distance;
      nearest = &range;
    }
  }
  if (!nearest) return std::nullopt;
  if (address < nearest->address) return Place{nearest->offset, static_cast<std::int64_t>(0 - least)};
  return Place{nearest->offset + nearest->length - 1, static_cast<std::int64_t>(least)};
}

}  // namespace skiff
