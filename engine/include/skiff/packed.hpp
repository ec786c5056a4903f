// Texts packed for the way: metadata, as one Zstandard frame (RFC 8878), HTTP's content coding "zstd" (RFC
// 9659).
#pragma once

#include "skiff/bytes.hpp"
#include "skiff/result.hpp"

namespace skiff {

/// The same frame on every machine. Errors: kLimit, where memory is short.
Result<Bytes> pack_text(ByteView text);
/// Needs no memory but the text's own, whatever the frame asks for. kFormat unless it is one whole frame that
/// says how long its text is, kLimit if that is more than `max_length` bytes.
Result<Bytes> unpack_text(ByteView untrusted_frame, std::uint64_t max_length);

}  // namespace skiff
