// AddressMap: from offsets in an image to the addresses they run at, and back.
#pragma once

#include <cstdint>
#include <optional>

#include "predict/typing.hpp"

namespace skiff {

class AddressMap {
 public:
  /// `typing` must outlive the map.
  explicit AddressMap(const ImageTyping& typing) : typing_(typing) {}

  /// The space that holds an offset; null between spaces.
  [[nodiscard]] const Space* space_at(std::uint64_t offset) const;
  /// The address of an offset; nothing where the image does not say.
  [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t offset) const;

 private:
  const ImageTyping& typing_;
  mutable std::size_t last_space_ = 0;
  mutable std::size_t last_range_ = 0;
};

/// The offset of an address inside a space. Where nothing of the image is there (zero-filled memory, say),
/// the nearest range's first or last byte, and how far beyond it the address is.
struct Place {
  std::uint64_t offset = 0;
  std::int64_t beyond = 0;
};
std::optional<Place> place_of(const Space& space, std::uint64_t address);

}  // namespace skiff
