#define ZSTD_STATIC_LINKING_ONLY  // for ZSTD_getCParams
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/heap_array.hpp"
#include "base/little_endian.hpp"
#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kLongestJob = std::uint64_t{512} << 20;

struct FreeCoder {
  void operator()(ZSTD_CCtx* coder) const { ZSTD_freeCCtx(coder); }
  void operator()(ZSTD_DCtx* coder) const { ZSTD_freeDCtx(coder); }
};

void set_level(ZSTD_CCtx& coder, const Method& method) {
  ZSTD_CCtx_setParameter(&coder, ZSTD_c_compressionLevel, static_cast<int>(method.parameters[0]));
  ZSTD_CCtx_setParameter(&coder, ZSTD_c_checksumFlag, static_cast<int>(method.parameters[1]));
}

/// A frame whose window is its content: its header names the one, and not the other.
bool is_single_segment(ByteView frame) { return (frame[4] & 0x20) != 0; }

class ZstdRepacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kZstd); }
  [[nodiscard]] std::uint64_t features() const override { return feature_of(StreamCodec::kZstd); }
  [[nodiscard]] std::uint64_t version() const override { return ZSTD_versionNumber(); }

  Result<void> open(const Method&, ByteView packed, MutableBytes opened) const override {
    const std::size_t length = ZSTD_decompress(opened.data(), opened.size(), packed.data(), packed.size());
    if (length != opened.size())  // an error is a length that no buffer has
      return fail(ErrorKind::kMismatch, "a zstd frame that is not the one that was opened");
    return {};
  }

  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    const std::unique_ptr<ZSTD_CCtx, FreeCoder> coder(ZSTD_createCCtx());
    if (!coder) return no_memory();
    const auto manner = static_cast<ZstdManner>(method.parameters[2]);
    const bool jobs = manner == ZstdManner::kWholeJobs || manner == ZstdManner::kPiecesJobs;
    set_level(*coder, method);
    if (jobs && !zstd_has_jobs())
      return fail(ErrorKind::kUnsupported, "this libzstd was built without threads");
    if (jobs) ZSTD_CCtx_setParameter(coder.get(), ZSTD_c_nbWorkers, 1);
    // Of one job the length does not show, but an encoder takes room for several of the length it has by
    // default.
    if (jobs && method.parameters[0] >= kFirstLevelOfOneJob)
      ZSTD_CCtx_setParameter(coder.get(), ZSTD_c_jobSize,
                             static_cast<int>(std::min<std::uint64_t>(opened.size(), kLongestJob)));
    if (manner == ZstdManner::kWhole) return pack_whole(*coder, opened, packed);
    if (manner == ZstdManner::kWholeJobs) ZSTD_CCtx_setPledgedSrcSize(coder.get(), opened.size());
    return pack_pieces(*coder, opened, packed);
  }

 private:
  static Result<void> pack_whole(ZSTD_CCtx& coder, ByteView opened, Sink& packed) {
    SKIFF_ASSIGN(HeapArray<std::uint8_t> room,
                 HeapArray<std::uint8_t>::make(ZSTD_compressBound(opened.size())));
    const std::size_t length =
        ZSTD_compress2(&coder, room.span().data(), room.span().size(), opened.data(), opened.size());
    if (ZSTD_isError(length) != 0) return no_memory();
    return packed.write(room.span().first(length));
  }

  /// The end is told with no piece, as who reads from a pipe does.
  static Result<void> pack_pieces(ZSTD_CCtx& coder, ByteView opened, Sink& packed) {
    SKIFF_ASSIGN(HeapArray<std::uint8_t> room, HeapArray<std::uint8_t>::make(ZSTD_CStreamOutSize()));
    for (bool last = false; !last;) {
      last = opened.empty();
      const std::size_t length = std::min(opened.size(), ZSTD_CStreamInSize());
      ZSTD_inBuffer from{opened.data(), length, 0};
      opened = opened.subspan(length);
      for (std::size_t left = 1; last ? left != 0 : from.pos != from.size;) {
        ZSTD_outBuffer to{room.span().data(), room.span().size(), 0};
        left = ZSTD_compressStream2(&coder, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left) != 0) return no_memory();
        SKIFF_TRY(packed.write(room.span().first(to.pos)));
      }
    }
    return {};
  }
};

}  // namespace

bool zstd_has_jobs() { return ZSTD_cParam_getBounds(ZSTD_c_nbWorkers).upperBound > 0; }

bool zstd_has_window_of(int level, std::optional<std::uint64_t> opened_length, ByteView frame) {
  if (is_single_segment(frame)) return true;
  constexpr unsigned kSmallestLog = 10;
  const unsigned long long length = opened_length.value_or(ZSTD_CONTENTSIZE_UNKNOWN);
  const unsigned log = ZSTD_getCParams(level, length, 0).windowLog;
  return frame[5] == (log - kSmallestLog) << 3;
}

std::size_t zstd_first_block_end(ByteView frame) {
  constexpr std::array<std::size_t, 4> kDictionary = {0, 1, 2, 4};
  const bool single = is_single_segment(frame);
  const std::array<std::size_t, 4> length = {single ? 1u : 0u, 2, 4, 8};
  const std::size_t header = 5 + (single ? 0 : 1) + kDictionary[frame[4] & 3] + length[frame[4] >> 6];
  if (frame.size() < header + 4) return frame.size() + 1;
  const std::uint32_t block = load_little<std::uint32_t>(&frame[header]) & 0xffffff;
  constexpr unsigned kRun = 1;  // one byte, repeated
  return header + 3 + ((block >> 1 & 3) == kRun ? 1 : block >> 3);
}

bool zstd_begins_with(const Method& method, ByteView opened, ByteView beginning, std::size_t spare) {
  const std::unique_ptr<ZSTD_CCtx, FreeCoder> coder(ZSTD_createCCtx());
  if (!coder) return false;
  Bytes room(beginning.size() + spare);
  set_level(*coder, method);
  ZSTD_compress2(coder.get(), room.data(), room.size(), opened.data(), opened.size());
  return std::equal(beginning.begin(), beginning.end(), room.begin());
}

bool decode_zstd(const Source& image, FoundStream& stream, Budget& budget) {
  const std::unique_ptr<ZSTD_DCtx, FreeCoder> coder(ZSTD_createDCtx());
  if (!coder) return false;
  PieceReader reader(image, stream.offset);
  Bytes out(kPiece);
  ZSTD_inBuffer in{};
  stream.length = 0;
  for (;;) {
    if (in.pos == in.size) {
      const ByteView piece = reader.next();
      if (piece.empty()) return false;
      in = {piece.data(), piece.size(), 0};
    }
    const std::size_t before = in.pos;
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t state = ZSTD_decompressStream(coder.get(), &to, &in);
    if (ZSTD_isError(state) != 0) return false;
    stream.length += in.pos - before;
    if (!take(stream, ByteView(out).first(to.pos), budget)) return false;
    if (state == 0) return true;
  }
}

}  // namespace skiff::unpack

const skiff::Repacker& skiff::zstd_repacker() {
  static const unpack::ZstdRepacker repacker;
  return repacker;
}

const skiff_repacker* skiff_zstd_repacker(void) { return skiff::unpack::c_handle(skiff::zstd_repacker()); }
