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

  /// The address of an offset; nothing where the image does not say.
  [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t offset) const {
    if (offset - last_.offset >= last_.length && !find(offset)) return std::nullopt;
    return last_.address + (offset - last_.offset);
  }

 private:
  /// Makes last_ the range that holds the offset, if there is one.
  bool find(std::uint64_t offset) const;

  const ImageTyping& typing_;
  mutable AddressRange last_;  ///< asked for last: the next offset is mostly close
};

/// The offset of an address inside a space. Where nothing of the image is there (zero-filled memory, say),
/// the nearest range's first or last byte, and how far beyond it the address is.
struct Place {
  std::uint64_t offset = 0;
  std::int64_t beyond = 0;
};
std::optional<Place> place_of(const Space& space, std::uint64_t address);

}  // namespace skiff
