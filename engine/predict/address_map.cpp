#include "predict/address_map.hpp"

#include <algorithm>

namespace skiff {

const Space* AddressMap::space_at(std::uint64_t offset) const {
  if (last_space_ < typing_.size() && offset >= typing_[last_space_].begin &&
      offset < typing_[last_space_].end) {
    return &typing_[last_space_];
  }
  const auto after = std::upper_bound(typing_.begin(), typing_.end(), offset,
                                      [](std::uint64_t at, const Space& space) { return at < space.begin; });
  if (after == typing_.begin()) return nullptr;
  const auto found = after - 1;
  if (offset >= found->end) return nullptr;
  last_space_ = static_cast<std::size_t>(found - typing_.begin());
  last_range_ = 0;
  return &*found;
}

std::optional<std::uint64_t> AddressMap::address_of(std::uint64_t offset) const {
  const Space* space = space_at(offset);
  if (!space) return std::nullopt;
  const std::vector<AddressRange>& ranges = space->addresses;
  if (last_range_ >= ranges.size() || offset < ranges[last_range_].offset ||
      offset - ranges[last_range_].offset >= ranges[last_range_].length) {
    const auto after =
        std::upper_bound(ranges.begin(), ranges.end(), offset,
                         [](std::uint64_t at, const AddressRange& range) { return at < range.offset; });
    if (after == ranges.begin()) return std::nullopt;
    const auto found = after - 1;
    if (offset - found->offset >= found->length) return std::nullopt;
    last_range_ = static_cast<std::size_t>(found - ranges.begin());
  }
  return ranges[last_range_].address + (offset - ranges[last_range_].offset);
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
