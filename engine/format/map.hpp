// The map of a window, a list of copies in the order of the result, as structures and as streams:
// FORMAT.md 7.
#pragma once

#include <array>
#include <span>

#include "format/limits.hpp"
#include "skiff/bytes.hpp"

namespace skiff {

/// A range of the result that is made from a range of the base of the same length. Bytes between copies are
/// literals.
struct Copy {
  std::uint64_t result_offset = 0;
  std::uint64_t base_offset = 0;
  std::uint64_t length : 63 = 0;
  bool verbatim : 1 = false;  ///< the base's bytes as they are; otherwise residue is added

  [[nodiscard]] std::uint64_t result_end() const { return result_offset + length; }
  bool operator==(const Copy&) const = default;
};
static_assert(sizeof(Copy) == kCopySize, "decoder_memory counts copies of this size");

inline constexpr std::size_t kMapStreams = 4;  ///< typing, gaps, lengths, jumps

/// A window of the result, and the base its copies read.
struct WindowBounds {
  std::uint64_t result_offset = 0;
  std::uint64_t result_length = 0;
  std::uint64_t base_length = 0;
};

/// The streams of a map segment, in the order of the wire, that read_map() reads back. The copies must be in
/// order, apart, not empty, and inside their window and base.
std::array<Bytes, kMapStreams> write_map(std::span<const Copy> copies, std::uint64_t window_offset);

/// Reads and checks the streams of a map segment: rules F1, F2 and F19 to F23. The copies are put into
/// `room`, whose size is the limit `window_copies`; returns the part of it that they fill.
Result<std::span<const Copy>> read_map(std::span<const ByteView, kMapStreams> streams,
                                       const WindowBounds& window, std::span<Copy> room);

}  // namespace skiff
