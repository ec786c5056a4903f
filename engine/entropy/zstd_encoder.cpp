#define ZSTD_STATIC_LINKING_ONLY  // for ZSTD_f_zstd1_magicless
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <initializer_list>

#include "base/varint.hpp"
#include "entropy/zstd_codec.hpp"

namespace skiff {
namespace {

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
using Context = std::unique_ptr<ZSTD_CCtx, FreeContext>;

struct Parameter {
  ZSTD_cParameter name;
  int value;
};

/// The window holds the whole stream: a match may be as far away as the stream is long.
int window_log(std::size_t raw_length) {
  return std::clamp(static_cast<int>(std::bit_width(raw_length)), ZSTD_WINDOWLOG_MIN,
                    ZSTD_WINDOWLOG_LIMIT_DEFAULT);
}

Result<void> set_parameters(ZSTD_CCtx* context, std::size_t raw_length, CodingEffort effort) {
  const std::initializer_list<Parameter> parameters = {{ZSTD_c_format, ZSTD_f_zstd1_magicless},
                                                       {ZSTD_c_compressionLevel, effort.level},
                                                       {ZSTD_c_windowLog, window_log(raw_length)},
                                                       {ZSTD_c_contentSizeFlag, 0},
                                                       {ZSTD_c_checksumFlag, 0},
                                                       {ZSTD_c_dictIDFlag, 0}};
  for (const Parameter& parameter : parameters) {
    const std::size_t result = ZSTD_CCtx_setParameter(context, parameter.name, parameter.value);
    if (ZSTD_isError(result))
      return fail(ErrorKind::kUsage, std::string("zstd: ") + ZSTD_getErrorName(result));
  }
  return {};
}

/// The coded form of a stream that is not empty; the stream itself if coding does not make it shorter.
Result<Bytes> encode_stream(ByteView raw, CodingEffort effort) {
  // A context of its own for each stream: what was coded before must not show in the bytes.
  const Context context(ZSTD_createCCtx());
  if (!context) return fail(ErrorKind::kLimit, "zstd: not enough memory");
  SKIFF_TRY(set_parameters(context.get(), raw.size(), effort));
  Bytes coded(ZSTD_compressBound(raw.size()));
  const std::size_t length =
      ZSTD_compress2(context.get(), coded.data(), coded.size(), raw.data(), raw.size());
  if (ZSTD_isError(length)) return fail(ErrorKind::kLimit, std::string("zstd: ") + ZSTD_getErrorName(length));
  if (length >= raw.size()) return Bytes(raw.begin(), raw.end());
  coded.resize(length);
  return coded;
}

}  // namespace

Result<Bytes> zstd_encode_streams(std::span<const ByteView> streams, CodingEffort effort) {
  if (effort.level < 1 || effort.level > ZSTD_maxCLevel()) {
    return fail(ErrorKind::kUsage, "zstd has no level " + std::to_string(effort.level));
  }
  Bytes wire;
  for (const ByteView raw : streams) {
    put_varint(wire, raw.size());
    if (raw.empty()) continue;
    SKIFF_ASSIGN(const Bytes coded, encode_stream(raw, effort));
    put_varint(wire, coded.size());
    put_bytes(wire, coded);
  }
  return wire;
}

}  // namespace skiff
