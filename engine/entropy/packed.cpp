#include "skiff/packed.hpp"

#include <zstd.h>

#include <string>

namespace skiff {
namespace {

constexpr int kLevel = 19;  // texts are small and packed once

}  // namespace

Result<Bytes> pack_text(ByteView text) {
  Bytes packed(ZSTD_compressBound(text.size()));
  const std::size_t length = ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), kLevel);
  if (ZSTD_isError(length)) return fail(ErrorKind::kLimit, std::string("zstd: ") + ZSTD_getErrorName(length));
  packed.resize(length);
  return packed;
}

Result<Bytes> unpack_text(ByteView untrusted_frame, std::uint64_t max_length) {
  const unsigned long long length = ZSTD_getFrameContentSize(untrusted_frame.data(), untrusted_frame.size());
  if (length == ZSTD_CONTENTSIZE_ERROR || length == ZSTD_CONTENTSIZE_UNKNOWN ||
      ZSTD_findFrameCompressedSize(untrusted_frame.data(), untrusted_frame.size()) !=
          untrusted_frame.size()) {
    return fail(ErrorKind::kFormat, "packed text is not one whole Zstandard frame that says its length");
  }
  if (length > max_length) {
    return fail(ErrorKind::kLimit, "packed text is longer than " + std::to_string(max_length) + " bytes");
  }
  Bytes text(length);
  const std::size_t written =
      ZSTD_decompress(text.data(), text.size(), untrusted_frame.data(), untrusted_frame.size());
  if (ZSTD_isError(written) || written != length) return fail(ErrorKind::kFormat, "packed text is damaged");
  return text;
}

}  // namespace skiff
