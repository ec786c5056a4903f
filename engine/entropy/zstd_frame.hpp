// The outline of a Zstandard frame: enough to know where it ends (RFC 8878, section 3.1.1).
#pragma once

#include "skiff/bytes.hpp"

namespace skiff {

/// Checks that `frame`, which has no magic number, is one whole frame without dictionary and without
/// checksum. libzstd would take several frames in sequence for one. Errors: kFormat, rule F16.
Result<void> check_zstd_frame(ByteView frame);

}  // namespace skiff
