// code_streams: a cover as the segments of a delta in codec 0.
#pragma once

#include "diff/draft.hpp"

namespace skiff {

/// Hands the coded windows to the draft in order. Errors: kIo, kLimit, kCancelled.
Result<void> code_streams(const DraftTask& task, Draft& draft);

}  // namespace skiff
