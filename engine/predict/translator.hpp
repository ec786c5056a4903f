// Translator: where a reference leads in the result, given where it led in the base.
#pragma once

#include <cstdint>

#include "predict/address_map.hpp"
#include "predict/inverse_map.hpp"

namespace skiff {

class Translator {
 public:
  /// Both must outlive the translator. `moved` are the copies of the window.
  Translator(const AddressMap& result, const InverseMap& moved) : result_(result), moved_(moved) {}

  struct Translation {
    std::uint64_t target = 0;
    Certainty certainty = Certainty::kFar;
  };
  /// The address in the result that stands for `target`, an address of the base as seen from `space`,
  /// referred to by a byte of `copy`.
  [[nodiscard]] Translation translate(std::uint64_t target, const Space& space, const Moved& copy) const;

 private:
  const AddressMap& result_;
  const InverseMap& moved_;
};

}  // namespace skiff
