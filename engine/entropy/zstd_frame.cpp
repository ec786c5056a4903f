#include "entropy/zstd_frame.hpp"

#include <array>

#include "base/cursor.hpp"

namespace skiff {
namespace {

constexpr std::uint8_t kDictionaryBits = 0x03;
constexpr std::uint8_t kChecksumBit = 0x04;
constexpr std::uint8_t kReservedBit = 0x08;
constexpr std::uint8_t kSingleSegmentBit = 0x20;
constexpr std::array<std::uint8_t, 4> kContentSizeLengths = {0, 2, 4,
                                                             8};  ///< by the two top bits of the descriptor
constexpr std::size_t kBlockHeaderLength = 3;
constexpr std::uint32_t kRunBlock = 1;  ///< one byte stands for block_size bytes

tl::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorKind::kFormat, "Zstandard frame " + std::string(what), "F16");
}

std::size_t fields_after(std::uint8_t descriptor) {
  const bool single_segment = descriptor & kSingleSegmentBit;
  const std::size_t content_size = kContentSizeLengths[descriptor >> 6];
  // A single segment has no window descriptor, and at least one byte of content size.
  return single_segment ? (content_size == 0 ? 1 : content_size) : 1 + content_size;
}

}  // namespace

Result<void> check_zstd_frame(ByteView frame) {
  if (frame.empty()) return broken("is empty");
  const std::uint8_t descriptor = frame[0];
  if (descriptor & kReservedBit) return broken("sets a reserved bit");
  if (descriptor & kDictionaryBits) return broken("asks for a dictionary");
  if (descriptor & kChecksumBit) return broken("has a checksum");
  std::size_t at = 1 + fields_after(descriptor);
  for (bool last = false; !last;) {
    if (at > frame.size() || frame.size() - at < kBlockHeaderLength) return broken("ends early");
    const std::uint32_t header = frame[at] | frame[at + 1] << 8 | frame[at + 2] << 16;
    last = header & 1;
    const std::uint32_t type = header >> 1 & 3;
    at += kBlockHeaderLength + (type == kRunBlock ? 1 : header >> 3);
  }
  if (at > frame.size()) return broken("ends early");
  if (at < frame.size()) return broken("is followed by other bytes");
  return {};
}

}  // namespace skiff
