// Codec 0: each stream stored, or as one Zstandard frame without magic number (FORMAT.md 6, RFC 8878).
#pragma once

#include "base/cursor.hpp"
#include "entropy/codec.hpp"

namespace skiff {

/// The error of a codec whose segments are not made of streams.
inline tl::unexpected<Error> unsupported_codec(Codec codec) {
  return fail(ErrorKind::kUnsupported, "this build has no codec " + std::to_string(static_cast<int>(codec)),
              "F6");
}

Result<Bytes> zstd_encode_streams(std::span<const ByteView> streams, CodingEffort effort);

Result<std::unique_ptr<StreamDecoder>> make_zstd_decoder();

/// One stream as it stands on the wire.
struct CodedStream {
  std::uint64_t raw_length = 0;
  ByteView coded;  ///< a view into the segment; as long as raw_length if the stream is stored
};

/// Reads the next stream's lengths and bytes without decoding it: rules F1, F2 and F15.
Result<CodedStream> read_coded_stream(Cursor& segment);

}  // namespace skiff
