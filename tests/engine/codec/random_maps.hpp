// Maps of random copies and typings within fixed images, and what holds of every map.
#pragma once

#include <random>

#include "codec/window_view.hpp"

namespace skiff::testing {

inline constexpr std::uint64_t kBaseImage = 100'000;
inline constexpr std::uint64_t kResultImage = 120'000;
inline constexpr WindowBounds kWindow{20'000, 50'000, kBaseImage};
inline constexpr std::uint64_t kEntries = 2000;

WindowMap random_map(std::mt19937& random);

void expect_same(const WindowMap& a, const WindowMap& b);
/// What FORMAT.md says of every map that is not refused.
void expect_within_bounds(const WindowMap& map);

}  // namespace skiff::testing
