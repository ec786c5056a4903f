#include "entropy/codec.hpp"

#include "entropy/zstd_codec.hpp"

namespace skiff {
namespace {

tl::unexpected<Error> unsupported(Codec codec) {
  return fail(ErrorKind::kUnsupported, "this build has no codec " + std::to_string(static_cast<int>(codec)),
              "F6");
}

}  // namespace

Result<Bytes> encode_streams(Codec codec, std::span<const ByteView> streams, CodingEffort effort) {
  if (codec != Codec::kZstd) return unsupported(codec);
  return zstd_encode_streams(streams, effort);
}

Result<std::unique_ptr<StreamDecoder>> make_stream_decoder(Codec codec) {
  if (codec != Codec::kZstd) return unsupported(codec);
  return make_zstd_decoder();
}

}  // namespace skiff
