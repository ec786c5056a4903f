// Plan: the cuts of a result image into windows, and of a window into data segments.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "diff/profile_limits.hpp"
#include "format/map.hpp"
#include "match/cover.hpp"

namespace skiff {

/// A range of the result with a map of its own.
struct Window {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::vector<Copy> copies;  ///< in order, inside the window
};

/// The matcher's cover as the format's copies.
std::vector<Copy> to_format(const match::Cover& cover);

/// Windows that follow one another without gap over [0, result_length), none empty, each within `limits`: its
/// length, its copies, and the raw bytes of its map. A copy that crosses a border is cut there.
std::vector<Window> cut_windows(std::span<const Copy> cover, std::uint64_t result_length,
                                const PlanLimits& limits);

/// What one block of a window costs; a segment is made of whole blocks.
struct BlockCost {
  std::uint64_t raw = 0;    ///< bytes of its streams
  std::uint64_t coded = 0;  ///< and what they may become on the wire
};

/// How many blocks each segment takes, in order: as many as fit under `limits`, at least one.
std::vector<std::size_t> group_blocks(std::span<const BlockCost> blocks, const PlanLimits& limits);

}  // namespace skiff
