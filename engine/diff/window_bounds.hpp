// The window that a map segment opens.
#pragma once

#include "format/map.hpp"
#include "skiff/delta_info.hpp"

namespace skiff {

inline WindowBounds window_bounds(const DeltaInfo& info, std::size_t map_index) {
  WindowBounds window{info.segments[map_index].result_offset, 0, source_length(info)};
  for (std::size_t i = map_index + 1; i < info.segments.size() && !info.segments[i].is_map; ++i)
    window.result_length += info.segments[i].result_length;
  return window;
}

}  // namespace skiff
