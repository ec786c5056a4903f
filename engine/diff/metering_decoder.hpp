// MeteringDecoder: a range decoder that adds up what each part of a segment costs on the wire.
#pragma once

#include <array>
#include <utility>

#include "codec/wire_part.hpp"
#include "entropy/range_coder.hpp"

namespace skiff {

/// Costs are in units of 2^-24 bits.
using WireCost = std::uint64_t;
inline constexpr unsigned kCostScale = 24;
inline constexpr WireCost kByteCost = WireCost{8} << kCostScale;

/// By WirePart.
using PartCosts = std::array<WireCost, kWireParts>;

/// −log2 of each probability.
const std::array<std::uint32_t, 65537>& bit_costs();

class MeteringDecoder {
 public:
  static constexpr bool kDecodes = true;

  explicit MeteringDecoder(ByteView bytes) : decoder_(bytes), bit_costs_(bit_costs()) {}

  void announce(WirePart part) { part_ = static_cast<std::size_t>(part); }
  bool code(bool bit, Probability one) {
    bit = decoder_.code(bit, one);
    costs_[part_] += bit_costs_[bit ? one : 65536 - one];
    any_ = true;
    return bit;
  }
  [[nodiscard]] std::size_t length() const { return decoder_.length(); }

  /// Whether any bit came since take().
  [[nodiscard]] bool any() const { return any_; }
  /// What came since the last take().
  PartCosts take() {
    any_ = false;
    return std::exchange(costs_, {});
  }

 private:
  RangeDecoder decoder_;
  const std::array<std::uint32_t, 65537>& bit_costs_;
  PartCosts costs_{};
  std::size_t part_ = 0;
  bool any_ = false;
};

}  // namespace skiff
