// WindowView: what both sides know of a window once its map segment is read: copies, typing, and where things
// went.
#pragma once

#include <span>
#include <vector>

#include "format/map.hpp"
#include "predict/translator.hpp"
#include "predict/type_map.hpp"

namespace skiff {

/// The content of a map segment.
struct WindowMap {
  std::vector<Copy> copies;
  Typing typing;
};

/// What a map counts against the limit of its entries.
std::uint64_t entries_of(const WindowMap& map);

/// The lookups over a map. The map must outlive it and stay where it is.
class WindowView {
 public:
  explicit WindowView(const WindowMap& map)
      : map_(map),
        base_addresses_(map.typing.base),
        result_addresses_(map.typing.result),
        base_types_(map.typing.base),
        translator_(result_addresses_, moved_) {
    if (map.typing.base.empty()) return;  // then there are no references to translate
    moved_.build(static_cast<std::uint32_t>(map.copies.size()), [&map](std::uint32_t i) {
      const Copy& copy = map.copies[i];
      return Moved{copy.base_offset, copy.result_offset, copy.length};
    });
  }
  WindowView(const WindowView&) = delete;
  WindowView& operator=(const WindowView&) = delete;

  [[nodiscard]] std::span<const Copy> copies() const { return map_.copies; }
  [[nodiscard]] const AddressMap& base_addresses() const { return base_addresses_; }
  [[nodiscard]] const AddressMap& result_addresses() const { return result_addresses_; }
  [[nodiscard]] const TypeMap& base_types() const { return base_types_; }
  [[nodiscard]] const Translator& translator() const { return translator_; }

 private:
  const WindowMap& map_;
  AddressMap base_addresses_;
  AddressMap result_addresses_;
  TypeMap base_types_;
  InverseMap moved_;
  Translator translator_;
};

}  // namespace skiff
