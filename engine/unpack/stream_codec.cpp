#include "unpack/stream_codec.hpp"

#include "unpack/codecs.hpp"

namespace skiff::unpack {

tl::unexpected<Error> no_memory() {
  return fail(ErrorKind::kLimit, "not enough memory to open or pack a compressed stream");
}

Result<void> open_stream(StreamCodec codec, ByteView packed, MutableBytes opened) {
  switch (codec) {
    case StreamCodec::kXz:
      return open_xz(packed, opened);
    case StreamCodec::kZstd:
      return open_zstd(packed, opened);
    default:
      return open_deflate(codec == StreamCodec::kDeflate, packed, opened);
  }
}

Result<void> pack_stream(const Method& method, ByteView opened, Sink& packed) {
  switch (method.codec) {
    case StreamCodec::kXz:
      return pack_xz(method, opened, packed);
    case StreamCodec::kZstd:
      return pack_zstd(method, opened, packed);
    default:
      return pack_deflate(method, opened, packed);
  }
}

bool decode_found(const Source& image, FoundStream& stream, Budget& budget) {
  stream.opened.clear();
  switch (stream.codec) {
    case StreamCodec::kXz:
      return decode_xz(image, stream, budget);
    case StreamCodec::kZstd:
      return decode_zstd(image, stream, budget);
    default:
      return decode_deflate(image, stream, budget);
  }
}

}  // namespace skiff::unpack
