// The windows of a cover and their maps: the part of a delta's plan that both codecs share.
#pragma once

#include "codec/window_view.hpp"
#include "diff/plan.hpp"
#include "match/cover.hpp"

namespace skiff {

/// The windows of a cover, within `limits`, whose `window_copies` counts the typing in: where anything is
/// typed, a map's entries are kept for all of it, but no more than a quarter of them.
std::vector<Window> typed_windows(const match::Cover& cover, const Typing& typing,
                                  std::uint64_t result_length, PlanLimits limits);

/// The window's copies and the typing of what copies with differences read and make. Typing is advice: where
/// there would be more than `max_entries`, the window goes without.
WindowMap window_map(const Typing& typing, const Window& window, std::uint64_t max_entries);

}  // namespace skiff
