// TypeMap: which typed range a base offset lies in.
#pragma once

#include "predict/typing.hpp"

namespace skiff {

struct TypedPlace {
  TypedRange range;              ///< kRaw between the ranges of the typing
  const Space* space = nullptr;  ///< null between spaces
};

class TypeMap {
 public:
  /// `typing` must outlive the map.
  explicit TypeMap(const ImageTyping& typing) : typing_(typing) {}
  /// The longest range around `offset` of which the same is known.
  [[nodiscard]] TypedPlace at(std::uint64_t offset) const;

 private:
  [[nodiscard]] TypedPlace look_up(std::uint64_t offset) const;

  const ImageTyping& typing_;
  mutable TypedPlace last_{};
};

}  // namespace skiff
