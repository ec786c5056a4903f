// What zlib's deflate() makes of a content that it is given at once, bit by bit, and faster.
#pragma once

#include "skiff/io.hpp"
#include "unpack/method.hpp"

namespace skiff::unpack::prediction {

/// Writes the stream that deflateInit2() and one deflate(Z_FINISH) of zlib 1.2.13 make, by a method
/// of kDeflate or kZlib that check_method() allows. Errors: the sink's, kLimit (memory is short, or the
/// content has 4 GiB).
Result<void> encode_as_zlib(const Method& method, ByteView content, Sink& packed);

}  // namespace skiff::unpack::prediction
