// liblzo2's re-packer, of builds with SKIFF_LZO: the library is under the GPL, and so is then what links it.
#include <lzo/lzo1x.h>

#include <array>
#include <optional>

#include "base/heap_array.hpp"
#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"

namespace skiff::unpack {
namespace {

bool is_usable() {
  static const bool usable = lzo_init() == LZO_E_OK;
  return usable;
}

int compress_999(ByteView opened, MutableBytes packed, lzo_uint& length, void* space, int level) {
  return lzo1x_999_compress_level(opened.data(), opened.size(), packed.data(), &length, space, nullptr, 0,
                                  nullptr, level);
}

/// The functions that have no level.
template <auto function>
int compress_1(ByteView opened, MutableBytes packed, lzo_uint& length, void* space, int /*level*/) {
  return function(opened.data(), opened.size(), packed.data(), &length, space);
}

struct Algorithm {
  decltype(&compress_999) compress;
  std::uint64_t space;  ///< bytes that it works in
};
constexpr std::array<Algorithm, 5> kAlgorithms{{{compress_1<lzo1x_1_compress>, LZO1X_1_MEM_COMPRESS},
                                                {compress_1<lzo1x_1_11_compress>, LZO1X_1_11_MEM_COMPRESS},
                                                {compress_1<lzo1x_1_12_compress>, LZO1X_1_12_MEM_COMPRESS},
                                                {compress_1<lzo1x_1_15_compress>, LZO1X_1_15_MEM_COMPRESS},
                                                {compress_999, LZO1X_999_MEM_COMPRESS}}};

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
    // LZO.FAQ: what cannot be compressed grows by a 16th and so many bytes.
    constexpr std::uint64_t kMore = 67;
    const Algorithm& algorithm = kAlgorithms[method.parameters[0]];
    SKIFF_ASSIGN(HeapArray<std::uint8_t> room,
                 HeapArray<std::uint8_t>::make(opened.size() + opened.size() / 16 + kMore));
    SKIFF_ASSIGN(HeapArray<std::uint64_t> space, HeapArray<std::uint64_t>::make(algorithm.space / 8 + 1));
    if (!is_usable()) return fail(ErrorKind::kUnsupported, "liblzo2 is another than it was built with");
    lzo_uint length = room.span().size();
    const int code = algorithm.compress(opened, room.span(), length, space.span().data(),
                                        static_cast<int>(method.parameters[1]));
    if (code != LZO_E_OK) return fail(ErrorKind::kMismatch, "content that liblzo2 does not pack");
    return packed.write(ByteView(room.span()).first(length));
  }
};

}  // namespace

bool decode_lzo(const Source& image, FoundStream& stream, Budget& budget) {
  return decode_block(image, stream, budget, kRatioOfBytes, decompress);
}

}  // namespace skiff::unpack

const skiff::Repacker* skiff::lzo_repacker() {
  static const unpack::LzoRepacker repacker;
  return &repacker;
}

const skiff_repacker* skiff_lzo_repacker(void) { return skiff::unpack::c_handle(*skiff::lzo_repacker()); }
