#include "format/map.hpp"

#include <algorithm>
#include <string>

#include "base/cursor.hpp"
#include "base/varint.hpp"

namespace skiff {
namespace {

enum CopyStream : std::size_t { kGaps, kLengths, kJumps };

/// Reads one copy after another; keeps where the next one is expected.
class CopyReader {
 public:
  CopyReader(std::span<const ByteView, kCopyStreams> streams, const WindowBounds& window)
      : gaps_(streams[kGaps]),
        lengths_(streams[kLengths]),
        jumps_(streams[kJumps]),
        base_length_(window.base_length),
        result_end_(window.result_offset),
        base_end_(window.result_offset),
        window_left_(window.result_length) {}

  [[nodiscard]] bool at_end() const { return gaps_.at_end() && lengths_.at_end() && jumps_.at_end(); }
  [[nodiscard]] bool has_whole_copy() const {
    return !gaps_.at_end() && !lengths_.at_end() && !jumps_.at_end();
  }

  Result<Copy> next() {
    SKIFF_ASSIGN(const std::uint64_t gap, gaps_.varint());
    SKIFF_ASSIGN(const std::uint64_t coded_length, lengths_.varint());
    SKIFF_ASSIGN(const std::uint64_t jump, jumps_.varint());
    const std::uint64_t length = coded_length / 2;
    if (length == 0) return broken("F21", "is empty");
    if (gap > window_left_ || length > window_left_ - gap) return broken("F23", "goes past its window");
    Copy copy{.result_offset = result_end_ + gap,
              .base_offset = base_end_ + gap + static_cast<std::uint64_t>(unzigzag(jump)),
              .length = length,
              .verbatim = coded_length % 2 != 0};
    if (copy.base_offset > base_length_ || length > base_length_ - copy.base_offset) {
      return broken("F22", "goes past the base image, from base byte " + std::to_string(copy.base_offset));
    }
    result_end_ = copy.result_end();
    base_end_ = copy.base_offset + length;
    window_left_ -= gap + length;
    return copy;
  }

 private:
  [[nodiscard]] tl::unexpected<Error> broken(std::string rule, std::string_view what) const {
    return fail(ErrorKind::kFormat,
                "copy after result byte " + std::to_string(result_end_) + " " + std::string(what),
                std::move(rule));
  }

  Cursor gaps_;
  Cursor lengths_;
  Cursor jumps_;
  std::uint64_t base_length_;
  std::uint64_t result_end_;  ///< of the previous copy, or the window's start
  std::uint64_t base_end_;    ///< of the previous copy; before the first, the window's start
  std::uint64_t window_left_;
};

/// How many varints end in a stream: as many copies it can hold.
std::uint64_t varint_count(ByteView stream) {
  return static_cast<std::uint64_t>(
      std::count_if(stream.begin(), stream.end(), [](std::uint8_t byte) { return byte < 0x80; }));
}

}  // namespace

std::array<Bytes, kCopyStreams> write_copies(std::span<const Copy> copies, std::uint64_t window_offset) {
  std::array<Bytes, kCopyStreams> streams;
  std::uint64_t result_end = window_offset;
  std::uint64_t base_end = window_offset;
  for (const Copy& copy : copies) {
    const std::uint64_t gap = copy.result_offset - result_end;
    put_varint(streams[kGaps], gap);
    put_varint(streams[kLengths], copy.length * 2 + (copy.verbatim ? 1 : 0));
    put_varint(streams[kJumps], zigzag(static_cast<std::int64_t>(copy.base_offset - base_end - gap)));
    result_end = copy.result_end();
    base_end = copy.base_offset + copy.length;
  }
  return streams;
}

Result<std::vector<Copy>> read_copies(std::span<const ByteView, kCopyStreams> streams,
                                      const WindowBounds& window, std::uint64_t max_copies) {
  const std::uint64_t gaps = varint_count(streams[kGaps]);
  if (gaps > max_copies) {
    return fail(ErrorKind::kFormat, "a map of more than " + std::to_string(max_copies) + " copies", "F20");
  }
  std::vector<Copy> copies;
  copies.reserve(static_cast<std::size_t>(gaps));
  CopyReader reader(streams, window);
  while (reader.has_whole_copy()) {
    SKIFF_ASSIGN(const Copy copy, reader.next());
    copies.push_back(copy);
  }
  if (!reader.at_end()) {
    return fail(ErrorKind::kFormat,
                "map streams of different counts, after " + std::to_string(copies.size()) + " copies", "F20");
  }
  return copies;
}

}  // namespace skiff
