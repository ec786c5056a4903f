#include "diff/plan.hpp"

#include <algorithm>

#include "base/varint.hpp"

namespace skiff {
namespace {

/// Bytes that a copy's three fields take in a map at most: the jump may be any signed 64-bit number.
std::uint64_t max_map_bytes(const Copy& copy, const Window& window) {
  return varint_length(copy.result_offset - window.begin) + varint_length(copy.length * 2 + 1) +
         kMaxVarintLength;
}

/// Fills one window after another with copies, in order.
class WindowCutter {
 public:
  WindowCutter(std::uint64_t result_length, const PlanLimits& limits)
      : result_length_(result_length), limits_(limits) {}

  void add(Copy copy) {
    while (copy.length > 0) {
      close_before(copy);
      const std::uint64_t room = current_.begin + limits_.window_length - copy.result_offset;
      Copy part = copy;
      part.length = std::min<std::uint64_t>(copy.length, room);
      current_.copies.push_back(part);
      map_bytes_ += max_map_bytes(part, current_);
      copy.result_offset += part.length;
      copy.base_offset += part.length;
      copy.length -= part.length;
    }
  }
  std::vector<Window> finish() {
    while (result_length_ - current_.begin > limits_.window_length)
      close_at(current_.begin + limits_.window_length);
    if (current_.begin < result_length_) close_at(result_length_);
    return std::move(windows_);
  }

 private:
  /// Makes room for a copy: closes windows until it begins inside the current one, which can take it.
  void close_before(const Copy& copy) {
    while (copy.result_offset - current_.begin >= limits_.window_length) {
      close_at(current_.begin + limits_.window_length);
    }
    const bool full = current_.copies.size() == limits_.window_copies ||
                      map_bytes_ + max_map_bytes(copy, current_) > limits_.segment_raw;
    if (full) close_at(copy.result_offset);
  }
  void close_at(std::uint64_t end) {
    current_.end = end;
    windows_.push_back(std::move(current_));
    current_ = Window{.begin = end, .end = end, .copies = {}};
    map_bytes_ = 0;
  }

  std::uint64_t result_length_;
  const PlanLimits& limits_;
  Window current_;
  std::uint64_t map_bytes_ = 0;
  std::vector<Window> windows_;
};

}  // namespace

std::vector<Copy> to_format(const match::Cover& cover) {
  std::vector<Copy> out;
  out.reserve(cover.size());
  for (const match::Copy& copy : cover) {
    out.push_back({.result_offset = copy.result,
                   .base_offset = copy.base,
                   .length = copy.length,
                   .verbatim = copy.equal});
  }
  return out;
}

std::vector<Window> cut_windows(std::span<const Copy> cover, std::uint64_t result_length,
                                const PlanLimits& limits) {
  WindowCutter cutter(result_length, limits);
  for (const Copy& copy : cover) cutter.add(copy);
  return cutter.finish();
}

std::vector<std::size_t> group_blocks(std::span<const BlockCost> blocks, const PlanLimits& limits) {
  std::vector<std::size_t> groups;
  BlockCost sum;
  for (const BlockCost& block : blocks) {
    const bool fits =
        sum.raw + block.raw <= limits.segment_raw && sum.coded + block.coded <= limits.segment_coded;
    if (groups.empty() || !fits) {
      groups.push_back(0);
      sum = {};
    }
    ++groups.back();
    sum.raw += block.raw;
    sum.coded += block.coded;
  }
  return groups;
}

}  // namespace skiff
