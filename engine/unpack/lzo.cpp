// liblzo2's re-packer, of builds with SKIFF_LZO: the library is under the GPL, and so is then what links it.
#include <lzo/lzo1x.h>

#include <algorithm>

#include "base/heap_array.hpp"
#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kMostRatio = 255;  ///< of content to block: a byte may lengthen a match by so much
constexpr std::uint64_t kMostPacked = std::uint64_t{16} << 20;

bool is_usable() {
  static const bool usable = lzo_init() == LZO_E_OK;
  return usable;
}

/// Bytes of work space, by LzoAlgorithm.
std::uint64_t work_space(LzoAlgorithm algorithm) {
  switch (algorithm) {
    case LzoAlgorithm::k1:
      return LZO1X_1_MEM_COMPRESS;
    case LzoAlgorithm::k1With11Bits:
      return LZO1X_1_11_MEM_COMPRESS;
    case LzoAlgorithm::k1With12Bits:
      return LZO1X_1_12_MEM_COMPRESS;
    case LzoAlgorithm::k1With15Bits:
      return LZO1X_1_15_MEM_COMPRESS;
    default:
      return LZO1X_999_MEM_COMPRESS;
  }
}

/// The length of the block that is made in `packed`; nothing if it fails.
std::optional<std::size_t> compress(const Method& method, ByteView opened, MutableBytes packed, void* space) {
  lzo_uint length = packed.size();
  const auto by = [&](auto function) {
    return function(opened.data(), opened.size(), packed.data(), &length, space);
  };
  int code = LZO_E_ERROR;
  switch (static_cast<LzoAlgorithm>(method.parameters[0])) {
    case LzoAlgorithm::k1:
      code = by(lzo1x_1_compress);
      break;
    case LzoAlgorithm::k1With11Bits:
      code = by(lzo1x_1_11_compress);
      break;
    case LzoAlgorithm::k1With12Bits:
      code = by(lzo1x_1_12_compress);
      break;
    case LzoAlgorithm::k1With15Bits:
      code = by(lzo1x_1_15_compress);
      break;
    case LzoAlgorithm::k999:
      code = lzo1x_999_compress_level(opened.data(), opened.size(), packed.data(), &length, space, nullptr, 0,
                                      nullptr, static_cast<int>(method.parameters[1]));
      break;
  }
  if (code != LZO_E_OK) return std::nullopt;
  return length;
}

/// Bytes of content; nothing if it is no block, or longer than `opened`.
std::optional<std::size_t> decompress(ByteView packed, MutableBytes opened) {
  lzo_uint length = opened.size();
  if (!is_usable()) return std::nullopt;
  const int code = lzo1x_decompress_safe(packed.data(), packed.size(), opened.data(), &length, nullptr);
  if (code != LZO_E_OK) return std::nullopt;
  return length;
}

class LzoRepacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kLzo); }
  [[nodiscard]] std::uint64_t features() const override { return feature_of(StreamCodec::kLzo); }
  [[nodiscard]] std::uint64_t version() const override { return lzo_version(); }

  Result<void> open(const Method&, ByteView packed, MutableBytes opened) const override {
    if (decompress(packed, opened) == opened.size()) return {};
    return fail(ErrorKind::kMismatch, "an lzo block that is not the one that was opened");
  }

  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    constexpr std::uint64_t kMore =
        67;  // LZO.FAQ: what cannot be compressed grows by a 16th and so many bytes
    const auto algorithm = static_cast<LzoAlgorithm>(method.parameters[0]);
    SKIFF_ASSIGN(HeapArray<std::uint8_t> room,
                 HeapArray<std::uint8_t>::make(opened.size() + opened.size() / 16 + kMore));
    SKIFF_ASSIGN(HeapArray<std::uint64_t> space,
                 HeapArray<std::uint64_t>::make(work_space(algorithm) / 8 + 1));
    if (!is_usable()) return fail(ErrorKind::kUnsupported, "liblzo2 is another than it was built with");
    const auto length = compress(method, opened, room.span(), space.span().data());
    if (!length) return fail(ErrorKind::kMismatch, "content that liblzo2 does not pack");
    return packed.write(ByteView(room.span()).first(*length));
  }
};

}  // namespace

bool decode_lzo(const Source& image, FoundStream& stream, Budget& budget) {
  if (stream.offset > image.size() || stream.length > std::min(kMostPacked, image.size() - stream.offset))
    return false;
  Bytes packed(static_cast<std::size_t>(stream.length));
  if (!image.read_at(stream.offset, packed)) return false;
  const std::uint64_t most = std::min(budget.left, kMostRatio * packed.size());
  stream.opened.resize(static_cast<std::size_t>(most));
  const auto length = decompress(packed, stream.opened);
  budget.left -= length.value_or(most);
  stream.opened.resize(length.value_or(0));
  return length.has_value();
}

}  // namespace skiff::unpack

const skiff::Repacker* skiff::lzo_repacker() {
  static const unpack::LzoRepacker repacker;
  return &repacker;
}

const skiff_repacker* skiff_lzo_repacker(void) { return skiff::unpack::c_handle(*skiff::lzo_repacker()); }
