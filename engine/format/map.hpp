// The copies of a window, in the order of the result, as structures and as streams: FORMAT.md 7.
#pragma once

#include <array>
#include <span>
#include <vector>

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

inline constexpr std::size_t kCopyStreams = 3;  ///< gaps, lengths, jumps

/// A window of the result, and the base its copies read.
struct WindowBounds {
  std::uint64_t result_offset = 0;
  std::uint64_t result_length = 0;
  std::uint64_t base_length = 0;
};

/// The streams of a map segment of codec 0 that hold its copies, as read_copies() reads them back. The copies
/// must be in order, apart, not empty, and inside their window and base.
std::array<Bytes, kCopyStreams> write_copies(std::span<const Copy> copies, std::uint64_t window_offset);

/// Reads and checks these streams: rules F1, F2 and F20 to F23. Memory: that of the copies, `max_copies` at
/// most.
Result<std::vector<Copy>> read_copies(std::span<const ByteView, kCopyStreams> streams,
                                      const WindowBounds& window, std::uint64_t max_copies);

}  // namespace skiff
