// The encoder that makes what zlib makes, against zlib. A first byte of the level and what is done with the
// rest.
#include <zlib.h>

#include <cstdint>
#include <cstdlib>

#include "unpack/prediction/zlib_encoder.hpp"

namespace {

using namespace skiff::unpack;

constexpr std::size_t kMostContent = 1 << 17;

void check(bool holds) {
  if (!holds) std::abort();
}

/// The bytes as they are, or told as (what, how many, from where): what repeats is soon longer than a window.
skiff::Bytes content_of(bool told, skiff::ByteView bytes) {
  if (!told) return {bytes.begin(), bytes.end()};
  skiff::Bytes content;
  for (std::size_t at = 0; at + 4 <= bytes.size() && content.size() < kMostContent; at += 4) {
    const std::size_t count = bytes[at + 1] + (bytes[at] % 16 == 0 ? 64u * bytes[at + 1] : 0u);
    const std::size_t back = bytes[at + 2] + 256u * bytes[at + 3];
    for (std::size_t i = 0; i < count; ++i) {
      const bool copies = bytes[at] % 2 == 0 && back > 0 && back <= content.size();
      content.push_back(copies ? content[content.size() - back]
                               : static_cast<std::uint8_t>(bytes[at + 2] * i));
    }
  }
  return content;
}

skiff::Bytes by_zlib(const Method& method, const skiff::Bytes& content) {
  z_stream stream{};
  check(deflateInit2(&stream, static_cast<int>(method.parameters[0]), Z_DEFLATED, MAX_WBITS,
                     static_cast<int>(method.parameters[1]), Z_DEFAULT_STRATEGY) == Z_OK);
  skiff::Bytes packed(deflateBound(&stream, content.size()) + 64);
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  check(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Method method{StreamCodec::kZlib, {1 + data[0] % 9u, 8 + data[0] / 9 % 2u, 0, 15, 0}};
  const skiff::Bytes content = content_of(data[0] >= 128, {data + 1, size - 1});
  skiff::BytesSink packed;
  check(prediction::encode_as_zlib(method, content, packed).has_value());
  check(packed.bytes() == by_zlib(method, content));
  return 0;
}
