// The picture of a PNG file (PNG specification, section 5.3): a zlib stream in IDAT chunks.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>

#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"
#include "unpack/fields.hpp"

namespace skiff::unpack {
namespace {

constexpr std::size_t kHead = 8;  ///< length of the data, and type
constexpr std::size_t kCrc = 4;
constexpr std::size_t kFrame = kHead + kCrc;
constexpr std::array<std::uint8_t, 4> kType{'I', 'D', 'A', 'T'};

using Number = std::array<std::uint8_t, 4>;

/// Numbers of PNG have their highest byte first.
Number number(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

/// Length of the data that a chunk of a picture has by its head; nothing if it is another chunk.
std::optional<std::uint32_t> data_length(ByteView head) {
  if (head.size() < kHead || !std::equal(kType.begin(), kType.end(), head.begin() + kCrc))
    return std::nullopt;
  return big_u32(head, 0);
}

/// Of type and data.
Number crc_of(ByteView data) {
  const uLong type = ::crc32_z(0, kType.data(), kType.size());
  return number(static_cast<std::uint32_t>(::crc32_z(type, data.data(), data.size())));
}

/// The data of the chunk that `packed` begins with; nothing if it is none, or damaged.
std::optional<ByteView> chunk_data(ByteView packed) {
  const auto length = data_length(packed);
  if (!length || packed.size() < kFrame || *length > packed.size() - kFrame) return std::nullopt;
  const ByteView data = packed.subspan(kHead, *length);
  const Number crc = crc_of(data);
  if (!std::equal(crc.begin(), crc.end(), data.end())) return std::nullopt;
  return data;
}

class PngRepacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kPngPicture); }
  [[nodiscard]] std::uint64_t features() const override { return feature_of(StreamCodec::kPngPicture); }
  [[nodiscard]] std::uint64_t version() const override { return 1; }

  Result<void> open(const Method&, ByteView packed, MutableBytes opened) const override {
    while (!packed.empty()) {
      const auto data = chunk_data(packed);
      if (!data || data->size() > opened.size()) return another_picture();
      std::copy(data->begin(), data->end(), opened.begin());
      opened = opened.subspan(data->size());
      packed = packed.subspan(kFrame + data->size());
    }
    return opened.empty() ? Result<void>{} : another_picture();
  }

  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    while (!opened.empty()) {
      const ByteView data = opened.first(
          static_cast<std::size_t>(std::min<std::uint64_t>(method.parameters[0], opened.size())));
      SKIFF_TRY(packed.write(number(static_cast<std::uint32_t>(data.size()))));
      SKIFF_TRY(packed.write(kType));
      SKIFF_TRY(packed.write(data));
      SKIFF_TRY(packed.write(crc_of(data)));
      opened = opened.subspan(data.size());
    }
    return {};
  }

 private:
  static tl::unexpected<Error> another_picture() {
    return fail(ErrorKind::kMismatch, "a PNG picture that is not the one that was opened");
  }
};

/// Goes from chunk to chunk of an image.
class ChunkReader {
 public:
  ChunkReader(const Source& image, std::uint64_t offset) : image_(image), at_(offset) { look(); }
  /// Length of the data of the chunk that is next; 0 if none of a picture is, wholly in the image.
  [[nodiscard]] std::uint32_t next() const { return next_; }
  [[nodiscard]] std::uint64_t offset() const { return at_; }
  /// Takes that chunk's data and goes on; false if it is damaged or there is no budget for it.
  bool take_next(FoundStream& stream, Budget& budget) {
    if (next_ > budget.left) return false;
    Bytes chunk(kFrame + std::size_t{next_});
    if (!image_.read_at(at_, chunk)) return false;
    const auto data = chunk_data(chunk);
    if (!data || !take(stream, *data, budget)) return false;
    at_ += chunk.size();
    look();
    return true;
  }

 private:
  void look() {
    std::array<std::uint8_t, kHead> head{};
    next_ = 0;
    if (at_ > image_.size() || image_.size() - at_ < kFrame || !image_.read_at(at_, head)) return;
    const std::uint32_t length = data_length(head).value_or(0);
    if (length <= image_.size() - at_ - kFrame) next_ = length;
  }

  const Source& image_;
  std::uint64_t at_;
  std::uint32_t next_ = 0;
};

}  // namespace

bool decode_png(const Source& image, FoundStream& stream, Budget& budget) {
  ChunkReader chunks(image, stream.offset);
  const std::uint32_t length = chunks.next();
  for (std::uint32_t before = length; chunks.next() != 0;) {
    if (before < length || chunks.next() > length) return false;  // none but the last is shorter
    before = chunks.next();
    if (!chunks.take_next(stream, budget)) return false;
  }
  stream.length = chunks.offset() - stream.offset;
  return stream.length > kFrame + std::uint64_t{length};
}

}  // namespace skiff::unpack

const skiff::Repacker& skiff::png_repacker() {
  static const unpack::PngRepacker repacker;
  return repacker;
}

const skiff_repacker* skiff_png_repacker(void) { return skiff::unpack::c_handle(skiff::png_repacker()); }
