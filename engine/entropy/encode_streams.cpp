// Apart from the decoder, so that an agent which embeds the applier links no encoder.
#include "entropy/zstd_codec.hpp"

namespace skiff {

Result<Bytes> encode_streams(Codec codec, std::span<const ByteView> streams, CodingEffort effort) {
  if (codec != Codec::kZstd) return unsupported_codec(codec);
  return zstd_encode_streams(streams, effort);
}

}  // namespace skiff
