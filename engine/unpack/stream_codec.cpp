#include "unpack/stream_codec.hpp"

#include "unpack/codecs.hpp"

namespace skiff::unpack {

Result<void> open_stream(const Method& method, ByteView packed, MutableBytes opened) {
  return repacker_of(all_repackers(), method.codec)->open(method, packed, opened);
}

Result<void> pack_stream(const Method& method, ByteView opened, Sink& packed) {
  return repacker_of(all_repackers(), method.codec)->pack(method, opened, packed);
}

bool decode_found(const Source& image, FoundStream& stream, Budget& budget) {
  stream.opened.clear();
  switch (stream.codec) {
    case StreamCodec::kLz4:
      return decode_lz4(image, stream, budget);
    case StreamCodec::kLzo:
      return decode_lzo(image, stream, budget);
    case StreamCodec::kMicroLzma:
      return decode_micro_lzma(image, stream, budget);
    case StreamCodec::kPngPicture:
      return decode_png(image, stream, budget);
    case StreamCodec::kXz:
      return decode_xz(image, stream, budget);
    case StreamCodec::kZstd:
      return decode_zstd(image, stream, budget);
    default:
      return decode_deflate(image, stream, budget);
  }
}

}  // namespace skiff::unpack
