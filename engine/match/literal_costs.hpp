// LiteralCosts: what a byte of the result costs if no copy covers it, from how often it stands nearby.
#pragma once

#include <array>
#include <cstdint>

#include "skiff/bytes.hpp"

namespace skiff::match {

/// log2 of `value` (at least 1) in sixteenths, linear between powers of two.
std::int64_t log2_sixteenths(std::uint64_t value);

/// In hundredths of a bit, as in Costs.
struct LiteralPrice {
  std::int64_t percent = 0;  ///< of a byte's entropy
  std::int64_t least = 0;
};

/// The price of each byte by its share of the aligned block of the result that it stands in: tables full of
/// zeros are cheap to send, code is not. For one thread; the result must outlive it.
class LiteralCosts {
 public:
  LiteralCosts(ByteView result, LiteralPrice price) : result_(result), price_(price) {}

  std::int64_t at(std::uint32_t position) {
    if (position / kBlock != block_) enter(position / kBlock);
    return cost_of_[result_[position]];
  }

 private:
  static constexpr std::uint32_t kBlock = 4096;

  void enter(std::uint32_t block);

  ByteView result_;
  LiteralPrice price_;
  std::uint32_t block_ = UINT32_MAX;
  std::array<std::int64_t, 256> cost_of_{};
};

}  // namespace skiff::match
