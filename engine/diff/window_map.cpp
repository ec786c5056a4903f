#include "diff/window_map.hpp"

#include <algorithm>

#include "match/residue.hpp"

namespace skiff {
namespace {

/// The spaces that one of some ranges, in order, touches.
ImageTyping touched(const ImageTyping& typing, std::vector<match::Range> ranges, bool with_types) {
  std::sort(ranges.begin(), ranges.end(),
            [](const match::Range& a, const match::Range& b) { return a.begin < b.begin; });
  ImageTyping out;
  std::size_t next = 0;
  std::uint64_t reached = 0;  // the furthest end of the ranges before `next`
  for (const Space& space : typing) {
    for (; next < ranges.size() && ranges[next].begin < space.end; ++next)
      reached = std::max(reached, ranges[next].end);
    if (reached <= space.begin) continue;
    out.push_back(space);
    if (!with_types) out.back().types.clear();
  }
  return out;
}

}  // namespace

std::vector<Window> typed_windows(const match::Cover& cover, const Typing& typing,
                                  std::uint64_t result_length, PlanLimits limits) {
  if (!typing.base.empty()) {
    const std::uint64_t most = entries_of(WindowMap{{}, typing});
    limits.window_copies -= std::min(most, limits.window_copies / 4);
  }
  return cut_windows(to_format(cover), result_length, limits);
}

WindowMap window_map(const Typing& typing, const Window& window, std::uint64_t max_entries) {
  std::vector<match::Range> base;
  std::vector<match::Range> result;
  for (const Copy& copy : window.copies) {
    if (copy.verbatim) continue;
    base.push_back({copy.base_offset, copy.base_offset + copy.length});
    result.push_back({copy.result_offset, copy.result_end()});
  }
  WindowMap map{
      window.copies,
      {touched(typing.base, std::move(base), true), touched(typing.result, std::move(result), false)}};
  if (map.typing.base.empty() || entries_of(map) > max_entries) map.typing = {};
  return map;
}

}  // namespace skiff
