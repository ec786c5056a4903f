#include "entropy/zstd_codec.hpp"

namespace skiff {

Result<std::unique_ptr<StreamDecoder>> make_stream_decoder(Codec codec) {
  if (codec != Codec::kZstd) return unsupported_codec(codec);
  return make_zstd_decoder();
}

}  // namespace skiff
