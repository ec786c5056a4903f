// find_streams: compressed streams that lie in an image, in one piece.
#pragma once

#include <functional>

#include "unpack/squashfs.hpp"

namespace skiff::unpack {

/// Hands the blocks of a squashfs to `found`, or, where `system` is null, the zlib, gzip, xz and zstd streams
/// and zip members that their magic shows anywhere; in the order of the image, apart, decoded. What does not
/// decode to its end is plain bytes. The work is bounded: bytes decoded in all stay below kMaxOpening times
/// the image and a constant, those of failed attempts below a smaller such bound. Errors: kIo, and those of
/// `found`.
inline constexpr std::uint64_t kMaxOpening = 16;
Result<void> find_streams(const Source& image, const Squashfs* system,
                          const std::function<Result<void>(FoundStream&)>& found);

}  // namespace skiff::unpack
