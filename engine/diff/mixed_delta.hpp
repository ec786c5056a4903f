// code_mixed: from two images to the segments of a delta in codec 1.
#pragma once

#include "diff/images.hpp"
#include "diff/segment_writer.hpp"
#include "skiff/diff.hpp"

namespace skiff {

/// Types both images, covers the result in two passes (references blanked; then references translated by the
/// first cover), and hands the coded windows to `writer` in order. `progress` is told the stage. Errors: kIo,
/// kCancelled.
Result<void> code_mixed(const Images& images, const DiffOptions& options, DiffReport& report,
                        SegmentWriter& writer);

}  // namespace skiff
