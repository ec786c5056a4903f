// The map segment of codec 0 as its streams: typing, gaps, lengths, jumps (FORMAT.md, section 7).
#pragma once

#include "codec/window_view.hpp"

namespace skiff {

inline constexpr std::size_t kMapStreams = 1 + kCopyStreams;

/// The streams of a map segment, in the order of the wire, that read_map() reads back. The rules must hold.
std::array<Bytes, kMapStreams> write_map(const WindowMap& map, std::uint64_t window_offset);

/// What bounds a map: its window and base, the result image, and how many entries it may have (copies, spaces
/// and ranges together).
struct MapBounds {
  WindowBounds window;
  std::uint64_t result_image = 0;
  std::uint64_t max_entries = 0;
};

/// Reads and checks the streams of a map segment: rules F1, F2 and F19 to F23.
Result<WindowMap> read_map(std::span<const ByteView, kMapStreams> streams, const MapBounds& bounds);

}  // namespace skiff
