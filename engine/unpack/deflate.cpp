#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"

namespace skiff::unpack {
namespace {

constexpr int kRaw = -1;  ///< zlib takes negative window bits for a stream without header

int window_bits(const Method& method) {
  const int bits = static_cast<int>(method.parameters[3]);
  return method.codec == StreamCodec::kDeflate ? kRaw * bits : bits;
}

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

class Deflater {
 public:
  explicit Deflater(const Method& method) {
    const auto& p = method.parameters;
    ready_ = deflateInit2(&stream_, static_cast<int>(p[0]), Z_DEFLATED, window_bits(method),
                          static_cast<int>(p[1]), static_cast<int>(p[2])) == Z_OK;
  }
  ~Deflater() {
    if (ready_) deflateEnd(&stream_);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  [[nodiscard]] bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

/// zlib counts in unsigned ints and takes no const input.
void give(z_stream& stream, ByteView bytes) {
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
}

/// "1.2.13" as 10,213: two digits for each part.
std::uint64_t version_number(const char* text) {
  std::uint64_t number = 0;
  std::uint64_t part = 0;
  for (const char* at = text; (*at >= '0' && *at <= '9') || *at == '.'; ++at) {
    if (*at == '.') {
      number = (number + part) * 100;
      part = 0;
    } else {
      part = part * 10 + static_cast<std::uint64_t>(*at - '0');
    }
  }
  return number + part;
}

class DeflateRepacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kDeflate); }
  [[nodiscard]] std::uint64_t features() const override {
    return feature_of(StreamCodec::kDeflate) | feature_of(StreamCodec::kZlib);
  }
  [[nodiscard]] std::uint64_t version() const override { return version_number(zlibVersion()); }

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
    Deflater deflater(method);
    if (!deflater.ready()) return no_memory();
    z_stream& stream = deflater.stream();
    if (opened.size() > std::numeric_limits<uInt>::max())
      return fail(ErrorKind::kLimit, "a deflate stream of more than 4 GiB");
    // All at once, as who packed it did: where the input is cut shows in the output.
    give(stream, opened);
    std::array<std::uint8_t, kPiece> out;
    for (int state = Z_OK; state != Z_STREAM_END;) {
      stream.next_out = out.data();
      stream.avail_out = static_cast<uInt>(out.size());
      state = deflate(&stream, Z_FINISH);
      if (state != Z_OK && state != Z_STREAM_END) return no_memory();
      SKIFF_TRY(packed.write(ByteView(out).first(out.size() - stream.avail_out)));
    }
    return {};
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
