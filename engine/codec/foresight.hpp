// Foresight: tells a base which of its bytes copies are about to read, as fast as it can do with it.
#pragma once

#include <algorithm>
#include <span>

#include "format/map.hpp"
#include "skiff/io.hpp"

namespace skiff {

class Foresight {
 public:
  /// Of copies in the order of the result, from result offset `begin` on. Both must outlive it.
  Foresight(const Source& base, std::span<const Copy> copies, std::uint64_t begin)
      : base_(base),
        next_(std::upper_bound(copies.begin(), copies.end(), begin,
                               [](std::uint64_t at, const Copy& copy) { return at < copy.result_end(); })),
        end_(copies.end()),
        told_(begin) {}

  /// The result is made up to `at`.
  void advance(std::uint64_t at) {
    while (next_ != end_ && std::max(told_, next_->result_offset) < at + kAhead) {
      told_ = std::max(told_, next_->result_offset);
      const std::uint64_t length = std::min(kStep, next_->result_end() - told_);
      if (!base_.will_read(next_->base_offset + (told_ - next_->result_offset), length)) return;
      told_ += length;
      if (told_ == next_->result_end()) ++next_;
    }
  }

 private:
  static constexpr std::uint64_t kAhead = std::uint64_t{1} << 20;
  static constexpr std::uint64_t kStep = std::uint64_t{64} << 10;

  const Source& base_;
  std::span<const Copy>::iterator next_;
  std::span<const Copy>::iterator end_;
  std::uint64_t told_;  ///< the result's bytes up to here are told of
};

}  // namespace skiff
