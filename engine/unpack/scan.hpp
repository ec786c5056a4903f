// scan_streams: compressed streams that lie anywhere in an image, in one piece.
#pragma once

#include <functional>

#include "unpack/stream_codec.hpp"

namespace skiff::unpack {

/// Finds zlib, gzip, xz and zstd streams by their magic and hands each to `found` in the order of the image,
/// apart, decoded. What does not decode to its end is plain bytes. The work is bounded: bytes decoded in all
/// stay below kMaxOpening times the image and a constant, those of failed attempts below a smaller such
/// bound. Errors: kIo, and those of `found`.
inline constexpr std::uint64_t kMaxOpening = 16;
Result<void> scan_streams(const Source& image, const std::function<Result<void>(FoundStream&)>& found);

}  // namespace skiff::unpack
