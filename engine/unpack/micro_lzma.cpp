#include <algorithm>

#include "base/heap_array.hpp"
#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"
#include "unpack/liblzma.hpp"

namespace skiff::unpack {
namespace {

tl::unexpected<Error> not_opened() {
  return fail(ErrorKind::kMismatch, "a MicroLZMA block that is not the one that was opened");
}

/// Decodes a block behind any zeros to exactly as many bytes: the block says neither how many they are nor
/// what dictionary was used.
Result<void> decompress(ByteView packed, MutableBytes opened) {
  const ByteView block = without_zeros(packed);
  LzmaCoder coder;
  lzma_stream& stream = coder.stream();
  const std::uint32_t dictionary = used_dictionary(UINT32_MAX, opened.size());
  if (lzma_microlzma_decoder(&stream, block.size(), opened.size(), true, dictionary) != LZMA_OK)
    return no_memory();
  stream.next_in = block.data();
  stream.avail_in = block.size();
  stream.next_out = opened.data();
  stream.avail_out = opened.size();
  const lzma_ret state = lzma_code(&stream, LZMA_FINISH);
  if (state == LZMA_MEM_ERROR) return no_memory();
  if (state != LZMA_STREAM_END || stream.avail_in != 0 || stream.avail_out != 0) return not_opened();
  return {};
}

/// As much of the content as fits into the room; its length.
Result<std::size_t> fill(const Method& method, ByteView content, MutableBytes room) {
  const lzma_options_lzma options = options_of(method.parameters[0], method.parameters[1]);
  LzmaCoder coder;
  lzma_stream& stream = coder.stream();
  if (lzma_microlzma_encoder(&stream, &options) != LZMA_OK) return no_memory();
  stream.next_in = content.data();
  stream.avail_in = content.size();
  stream.next_out = room.data();
  stream.avail_out = room.size();
  if (lzma_code(&stream, LZMA_FINISH) != LZMA_STREAM_END) return no_memory();
  return room.size() - stream.avail_out;
}

class MicroLzmaRepacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kMicroLzma); }
  [[nodiscard]] std::uint64_t features() const override {
    return feature_of(StreamCodec::kMicroLzma) | feature_of(StreamCodec::kMicroLzmaGoesOn);
  }
  [[nodiscard]] std::uint64_t version() const override { return lzma_version_number(); }

  Result<void> open(const Method& method, ByteView packed, MutableBytes opened) const override {
    const std::size_t end = end_as_it_is(method);
    if (std::min(packed.size(), opened.size()) < end) return not_opened();
    std::copy_n(packed.last(end).begin(), end, opened.last(end).begin());
    return decompress(packed, opened.first(opened.size() - end));
  }

  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    const auto& p = method.parameters;
    const std::size_t end = end_as_it_is(method);
    if (opened.size() < end) return not_opened();
    SKIFF_ASSIGN(HeapArray<std::uint8_t> room, HeapArray<std::uint8_t>::make(p[2]));
    SKIFF_ASSIGN(std::size_t length, fill(method, opened.first(opened.size() - end), room.span()));
    const std::size_t unit = std::size_t{1} << p[3];
    std::size_t zeros = (unit - length % unit) % unit;
    if (end != 0) {
      // The true block fills whole units; this one, which ends otherwise, may be some bytes longer or
      // shorter.
      zeros = p[4] - 1;
      const std::size_t whole = (zeros + length + unit / 2) / unit * unit;
      if (whole < zeros + end || whole - zeros - end > length) return not_opened();
      length = whole - zeros - end;
    }
    SKIFF_TRY(packed.write(Bytes(zeros, 0)));
    SKIFF_TRY(packed.write(ByteView(room.span()).first(length)));
    return packed.write(opened.last(end));
  }
};

}  // namespace

/// What is left of the budget is the length of the content.
bool decode_micro_lzma(const Source& image, FoundStream& stream, Budget& budget) {
  constexpr std::uint64_t kMostRatio = 1 << 20;  ///< none: a run costs next to nothing
  return decode_block(image, stream, budget, kMostRatio,
                      [](ByteView packed, MutableBytes opened) -> std::optional<std::size_t> {
                        if (opened.empty() || !decompress(packed, opened)) return std::nullopt;
                        return opened.size();
                      });
}

}  // namespace skiff::unpack

const skiff::Repacker& skiff::micro_lzma_repacker() {
  static const unpack::MicroLzmaRepacker repacker;
  return repacker;
}

const skiff_repacker* skiff_micro_lzma_repacker(void) {
  return skiff::unpack::c_handle(skiff::micro_lzma_repacker());
}
