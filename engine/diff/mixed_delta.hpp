// code_mixed: a cover as the segments of a delta in codec 1.
#pragma once

#include "diff/draft.hpp"

namespace skiff {

/// Hands the coded windows to the draft in order. Errors: kIo, kLimit, kCancelled.
Result<void> code_mixed(const DraftTask& task, Draft& draft);

}  // namespace skiff
