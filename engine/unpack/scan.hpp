// find_streams, find_blocks: compressed streams that lie in an image, in one piece.
#pragma once

#include <functional>
#include <vector>

#include "unpack/block_system.hpp"

namespace skiff::unpack {

/// Bytes [begin, end) of an image.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const Range&) const = default;
};

using OnStream = std::function<Result<void>(FoundStream&)>;

/// Hands to `found` the zlib, gzip, xz and zstd streams, lz4 blocks, zip members and PNG pictures that their
/// magic shows anywhere in `ranges`, which ascend and are apart, each within one of them; in the order of the
/// image, apart, decoded. What does not decode to its end is plain bytes. The work is bounded: bytes decoded
/// in all stay below kMaxOpening times the image and a constant, those of failed attempts below a smaller
/// such bound. Errors: kIo, and those of `found`.
inline constexpr std::uint64_t kMaxOpening = 16;
Result<void> find_streams(const Source& image, const std::vector<Range>& ranges, const OnStream& found);

/// The same for the blocks of a file system.
Result<void> find_blocks(const Source& image, const BlockSystem& system, const OnStream& found);

}  // namespace skiff::unpack
