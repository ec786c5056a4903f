#define ZSTD_STATIC_LINKING_ONLY  // for ZSTD_initStaticDCtx and ZSTD_f_zstd1_magicless
#include <zstd.h>

#include <string>

#include "base/heap_array.hpp"
#include "entropy/zstd_codec.hpp"
#include "entropy/zstd_frame.hpp"

namespace skiff {
namespace {

tl::unexpected<Error> broken(std::string rule, std::string message) {
  return fail(ErrorKind::kFormat, std::move(message), std::move(rule));
}

/// Decodes within a workspace taken once: a context over it allocates nothing more.
class ZstdDecoder final : public StreamDecoder {
 public:
  static Result<std::unique_ptr<StreamDecoder>> make() {
    SKIFF_ASSIGN(auto workspace,
                 HeapArray<std::uint64_t>::make(ZSTD_estimateDCtxSize() / sizeof(std::uint64_t) + 1));
    const std::span<std::uint64_t> words = workspace.span();
    ZSTD_DCtx* context = ZSTD_initStaticDCtx(words.data(), words.size_bytes());
    if (!context) return fail(ErrorKind::kLimit, "zstd: a workspace too small for its decoder");
    return std::unique_ptr<StreamDecoder>(new ZstdDecoder(std::move(workspace), context));
  }

  Result<void> decode(const WireSegment& wire, MutableBytes room, std::span<ByteView> streams) override {
    Cursor segment(wire.bytes, wire.offset);
    for (ByteView& stream : streams) {
      const std::uint64_t offset = segment.position();
      SKIFF_ASSIGN(const CodedStream coded, read_coded_stream(segment));
      if (coded.raw_length > room.size()) {
        return broken("F17", "stream at byte " + std::to_string(offset) + " of " +
                                 std::to_string(coded.raw_length) + " bytes, where the limit leaves " +
                                 std::to_string(room.size()));
      }
      const MutableBytes raw = room.first(static_cast<std::size_t>(coded.raw_length));
      SKIFF_ASSIGN(stream, decode_stream(coded, raw, offset));
      room = room.subspan(raw.size());
    }
    if (!segment.at_end()) {
      return broken(
          "F18", "bytes after the last stream of a segment, from byte " + std::to_string(segment.position()));
    }
    return {};
  }

 private:
  ZstdDecoder(HeapArray<std::uint64_t> workspace, ZSTD_DCtx* context)
      : workspace_(std::move(workspace)), context_(context) {}

  Result<ByteView> decode_stream(const CodedStream& stream, MutableBytes raw, std::uint64_t offset) {
    if (stream.coded.size() == raw.size()) return stream.coded;
    if (auto frame = check_zstd_frame(stream.coded); !frame) {
      return fail_with(std::move(frame).error(), "stream at byte " + std::to_string(offset));
    }
    ZSTD_DCtx_reset(context_, ZSTD_reset_session_and_parameters);
    ZSTD_DCtx_setParameter(context_, ZSTD_d_format, ZSTD_f_zstd1_magicless);
    const std::size_t length =
        ZSTD_decompressDCtx(context_, raw.data(), raw.size(), stream.coded.data(), stream.coded.size());
    if (ZSTD_isError(length)) {
      return broken("F16", "stream at byte " + std::to_string(offset) + ": " + ZSTD_getErrorName(length));
    }
    if (length != raw.size()) {
      return broken("F16", "stream at byte " + std::to_string(offset) + " decodes to " +
                               std::to_string(length) + " bytes, not " + std::to_string(raw.size()));
    }
    return raw;
  }

  HeapArray<std::uint64_t> workspace_;
  ZSTD_DCtx* context_;  ///< lives in workspace_
};

}  // namespace

Result<CodedStream> read_coded_stream(Cursor& segment) {
  CodedStream stream;
  SKIFF_ASSIGN(stream.raw_length, segment.varint());
  if (stream.raw_length == 0) return stream;
  SKIFF_ASSIGN(const std::uint64_t coded_length, segment.varint());
  if (coded_length > stream.raw_length) {
    return broken("F15", "stream coded in " + std::to_string(coded_length) + " bytes, more than its " +
                             std::to_string(stream.raw_length) + ", before byte " +
                             std::to_string(segment.position()));
  }
  SKIFF_ASSIGN(stream.coded, segment.bytes(coded_length));
  return stream;
}

Result<std::unique_ptr<StreamDecoder>> make_zstd_decoder() { return ZstdDecoder::make(); }

}  // namespace skiff
