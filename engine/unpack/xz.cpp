#include <array>
#include <cstdlib>

#include "base/heap_array.hpp"
#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"
#include "unpack/liblzma.hpp"

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kDecoderLimit = std::uint64_t{1} << 30;
constexpr std::uint8_t kIndexBegins = 0;  ///< where else the length of a block's header is

/// The filters of a method; `lzma` must outlive them.
std::array<lzma_filter, 3> filters_of(const Method& method, lzma_options_lzma& lzma) {
  const auto& p = method.parameters;
  lzma = options_of(p[0], p[1]);
  std::array<lzma_filter, 3> filters{};
  std::size_t count = 0;
  if (p[2] != 0) filters[count++] = {p[2], nullptr};
  filters[count++] = {LZMA_FILTER_LZMA2, &lzma};
  filters[count] = {LZMA_VLI_UNKNOWN, nullptr};
  return filters;
}

/// The whole stream at once, as lzma_stream_buffer_encode() lays it out: lengths in the block header.
Result<void> pack_whole(const Method& method, const std::array<lzma_filter, 3>& filters, ByteView opened,
                        Sink& packed) {
  SKIFF_ASSIGN(HeapArray<std::uint8_t> room,
               HeapArray<std::uint8_t>::make(lzma_stream_buffer_bound(opened.size())));
  std::array<lzma_filter, 3> own = filters;
  std::size_t length = 0;
  const lzma_ret state = lzma_stream_buffer_encode(own.data(), static_cast<lzma_check>(method.parameters[3]),
                                                   nullptr, opened.data(), opened.size(), room.span().data(),
                                                   &length, room.span().size());
  if (state != LZMA_OK) return no_memory();
  return packed.write(room.span().first(length));
}

/// The number of threads does not show in the stream.
lzma_ret begin_blocks(lzma_stream& stream, const std::array<lzma_filter, 3>& filters, lzma_check check) {
  lzma_mt options{};
  options.threads = 1;
  options.filters = filters.data();
  options.check = check;
  return lzma_stream_encoder_mt(&stream, &options);
}

tl::unexpected<Error> not_opened() {
  return fail(ErrorKind::kMismatch, "an xz stream that is not the one that was opened");
}

/// Decodes the block at `in`, and moves on past it and its content.
lzma_ret decode_block(lzma_check check, ByteView packed, std::size_t& in, MutableBytes opened,
                      std::size_t& out) {
  lzma_block block{};
  std::array<lzma_filter, LZMA_FILTERS_MAX + 1> filters{};
  block.check = check;
  block.filters = filters.data();
  block.header_size = lzma_block_header_size_decode(packed[in]);
  if (block.header_size > packed.size() - in) return LZMA_DATA_ERROR;
  lzma_ret state = lzma_block_header_decode(&block, nullptr, packed.data() + in);
  if (state != LZMA_OK) return state;
  in += block.header_size;
  for (const lzma_filter& filter : filters) {
    if (filter.id != LZMA_FILTER_LZMA2) continue;
    auto& dictionary = static_cast<lzma_options_lzma*>(filter.options)->dict_size;
    dictionary = used_dictionary(dictionary, opened.size());
  }
  state = lzma_block_buffer_decode(&block, nullptr, packed.data(), &in, packed.size(), opened.data(), &out,
                                   opened.size());
  for (const lzma_filter& filter : filters) std::free(filter.options);
  return state;
}

class XzRepacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kXz); }
  [[nodiscard]] std::uint64_t features() const override { return feature_of(StreamCodec::kXz); }
  [[nodiscard]] std::uint64_t version() const override { return lzma_version_number(); }

  Result<void> open(const Method&, ByteView packed, MutableBytes opened) const override {
    lzma_stream_flags flags{};
    if (packed.size() <= LZMA_STREAM_HEADER_SIZE ||
        lzma_stream_header_decode(&flags, packed.data()) != LZMA_OK)
      return not_opened();
    std::size_t in = LZMA_STREAM_HEADER_SIZE;
    std::size_t out = 0;
    while (in < packed.size() && packed[in] != kIndexBegins) {
      const lzma_ret state = decode_block(flags.check, packed, in, opened, out);
      if (state == LZMA_MEM_ERROR) return no_memory();
      if (state != LZMA_OK) return not_opened();
    }
    if (out != opened.size()) return not_opened();
    return {};
  }

  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    lzma_options_lzma lzma;
    const std::array<lzma_filter, 3> filters = filters_of(method, lzma);
    const auto layout = static_cast<XzLayout>(method.parameters[4]);
    if (layout == XzLayout::kLengths) return pack_whole(method, filters, opened, packed);
    LzmaCoder coder;
    lzma_stream& stream = coder.stream();
    const auto check = static_cast<lzma_check>(method.parameters[3]);
    const lzma_ret begun = layout == XzLayout::kBlocks ? begin_blocks(stream, filters, check)
                                                       : lzma_stream_encoder(&stream, filters.data(), check);
    if (begun != LZMA_OK) return no_memory();
    std::array<std::uint8_t, kPiece> out;
    stream.next_in = opened.data();
    stream.avail_in = opened.size();
    lzma_ret state = LZMA_OK;
    while (state == LZMA_OK) {
      stream.next_out = out.data();
      stream.avail_out = out.size();
      state = lzma_code(&stream, LZMA_FINISH);
      SKIFF_TRY(packed.write(ByteView(out).first(out.size() - stream.avail_out)));
    }
    if (state != LZMA_STREAM_END) return no_memory();
    return {};
  }
};

}  // namespace

bool decode_xz(const Source& image, FoundStream& stream, Budget& budget) {
  LzmaCoder coder;
  lzma_stream& xz = coder.stream();
  if (lzma_stream_decoder(&xz, kDecoderLimit, 0) != LZMA_OK) return false;
  PieceReader reader(image, stream.offset);
  Bytes out(kPiece);
  for (;;) {
    if (xz.avail_in == 0) {
      const ByteView piece = reader.next();
      if (piece.empty()) return false;
      xz.next_in = piece.data();
      xz.avail_in = piece.size();
    }
    xz.next_out = out.data();
    xz.avail_out = out.size();
    const lzma_ret state = lzma_code(&xz, LZMA_RUN);
    if (state != LZMA_OK && state != LZMA_STREAM_END) return false;
    if (!take(stream, ByteView(out).first(out.size() - xz.avail_out), budget)) return false;
    if (state != LZMA_STREAM_END) continue;
    stream.length = xz.total_in;
    return true;
  }
}

}  // namespace skiff::unpack

const skiff::Repacker& skiff::xz_repacker() {
  static const unpack::XzRepacker repacker;
  return repacker;
}

const skiff_repacker* skiff_xz_repacker(void) { return skiff::unpack::c_handle(skiff::xz_repacker()); }
