// code_streams: from two images to the segments of a delta in codec 0.
#pragma once

#include "diff/images.hpp"
#include "diff/segment_writer.hpp"
#include "skiff/diff.hpp"

namespace skiff {

/// Types both images, covers the result in two passes, and hands the coded windows to `writer` in order.
/// Errors: kIo, kLimit, kCancelled.
Result<void> code_streams(const Images& images, const DiffOptions& options, DiffReport& report,
                          SegmentWriter& writer);

}  // namespace skiff
