#include <zlib.h>

#include <limits>

#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"
#include "unpack/prediction/zlib_encoder.hpp"

namespace skiff::unpack {
namespace {

constexpr int kRaw = -1;  ///< zlib takes negative window bits for a stream without header

class Inflater {
 public:
  explicit Inflater(bool raw) : ready_(inflateInit2(&stream_, raw ? kRaw * MAX_WBITS : MAX_WBITS) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  [[nodiscard]] bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_;
};

/// zlib counts in unsigned ints and takes no const input.
void give(z_stream& stream, ByteView bytes) {
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
}

/// As FORMAT.md has it, whichever zlib there is: the encoder here makes the bytes of one.
constexpr std::uint64_t kVersion = 10211;

class DeflateRepacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kDeflate); }
  [[nodiscard]] std::uint64_t features() const override {
    return feature_of(StreamCodec::kDeflate) | feature_of(StreamCodec::kZlib);
  }
  [[nodiscard]] std::uint64_t version() const override { return kVersion; }

  Result<void> open(const Method& method, ByteView packed, MutableBytes opened) const override {
    Inflater inflater(method.codec == StreamCodec::kDeflate);
    if (!inflater.ready()) return no_memory();
    if (packed.size() > std::numeric_limits<uInt>::max() ||
        opened.size() > std::numeric_limits<uInt>::max()) {
      return fail(ErrorKind::kLimit, "a deflate stream of more than 4 GiB");
    }
    z_stream& stream = inflater.stream();
    give(stream, packed);
    stream.next_out = opened.data();
    stream.avail_out = static_cast<uInt>(opened.size());
    const int end = inflate(&stream, Z_FINISH);
    if (end != Z_STREAM_END || stream.avail_in != 0 || stream.avail_out != 0) {
      return fail(ErrorKind::kMismatch, "a deflate stream that is not the one that was opened");
    }
    return {};
  }

  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    return prediction::encode_as_zlib(method, opened, packed);
  }
};

}  // namespace

bool decode_deflate(const Source& image, FoundStream& stream, Budget& budget) {
  Inflater inflater(stream.codec == StreamCodec::kDeflate);
  if (!inflater.ready()) return false;
  z_stream& z = inflater.stream();
  PieceReader reader(image, stream.offset);
  Bytes out(kPiece);
  for (;;) {
    if (z.avail_in == 0) give(z, reader.next());
    if (z.avail_in == 0) return false;
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(out.size());
    const int state = inflate(&z, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) return false;
    if (!take(stream, ByteView(out).first(out.size() - z.avail_out), budget)) return false;
    if (state != Z_STREAM_END) continue;
    stream.length = z.total_in;
    return true;
  }
}

}  // namespace skiff::unpack

const skiff::Repacker& skiff::deflate_repacker() {
  static const unpack::DeflateRepacker repacker;
  return repacker;
}

const skiff_repacker* skiff_deflate_repacker(void) {
  return skiff::unpack::c_handle(skiff::deflate_repacker());
}
