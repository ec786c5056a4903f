// find_traces: what a build leaves in an image that differs in the next one though nothing else does.
#pragma once

#include <vector>

#include "skiff/explain.hpp"
#include "skiff/io.hpp"

namespace skiff {

/// Build ids and module signatures in the opened image, times in the file system of the image. `bytes` are
/// those that a rebuild changes. Errors: kIo.
Result<std::vector<Finding>> find_traces(const Source& image, const Source& opened);

}  // namespace skiff
