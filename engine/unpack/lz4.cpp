#include <lz4.h>
#include <lz4hc.h>

#include <algorithm>
#include <limits>

#include "base/heap_array.hpp"
#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"

namespace skiff::unpack {
namespace {

constexpr std::size_t kPadding = 128 << 10;  ///< zeros in which an encoder finds no end near
constexpr std::uint64_t kLongest = LZ4_MAX_INPUT_SIZE;

/// What one call of an encoder made: packed bytes, and how much of the content went into them.
struct Made {
  int packed = 0;
  int taken = 0;
};

class State {
 public:
  static Result<State> make() {
    SKIFF_ASSIGN(HeapArray<std::uint64_t> room,
                 HeapArray<std::uint64_t>::make(static_cast<std::uint64_t>(LZ4_sizeofStateHC()) / 8 + 1));
    return State(std::move(room));
  }
  void* get() { return room_.span().data(); }

 private:
  explicit State(HeapArray<std::uint64_t> room) : room_(std::move(room)) {}
  HeapArray<std::uint64_t> room_;
};

const char* chars(ByteView bytes) { return reinterpret_cast<const char*>(bytes.data()); }
char* chars(MutableBytes bytes) { return reinterpret_cast<char*>(bytes.data()); }

/// All of the content, whatever it packs to.
Result<Made> make_whole(int level, ByteView content, MutableBytes packed) {
  const int length = static_cast<int>(content.size());
  const int room = static_cast<int>(packed.size());
  if (level == 0) return Made{LZ4_compress_default(chars(content), chars(packed), length, room), length};
  SKIFF_ASSIGN(State state, State::make());
  return Made{LZ4_compress_HC_extStateHC(state.get(), chars(content), chars(packed), length, room, level),
              length};
}

/// As much of the content as fits.
Result<Made> make_full(int level, ByteView content, MutableBytes packed) {
  Made made{0, static_cast<int>(content.size())};
  const int room = static_cast<int>(packed.size());
  if (level == 0) {
    made.packed = LZ4_compress_destSize(chars(content), chars(packed), &made.taken, room);
    return made;
  }
  SKIFF_ASSIGN(State state, State::make());
  made.packed =
      LZ4_compress_HC_destSize(state.get(), chars(content), chars(packed), &made.taken, room, level);
  return made;
}

/// Bytes of content, of a block behind any zeros; nothing if it is none, or longer than `opened`.
std::optional<std::size_t> decompress(ByteView packed, MutableBytes opened) {
  const ByteView block = without_zeros(packed);
  const auto room = static_cast<int>(std::min<std::uint64_t>(opened.size(), kLongest));
  const int length = LZ4_decompress_safe(chars(block), chars(opened), static_cast<int>(block.size()), room);
  if (length < 0) return std::nullopt;
  return static_cast<std::size_t>(length);
}

class Lz4Repacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kLz4); }
  [[nodiscard]] std::uint64_t features() const override {
    return feature_of(StreamCodec::kLz4) | feature_of(StreamCodec::kLz4GoesOn);
  }
  [[nodiscard]] std::uint64_t version() const override {
    return static_cast<std::uint64_t>(LZ4_versionNumber());
  }

  Result<void> open(const Method&, ByteView packed, MutableBytes opened) const override {
    if (packed.size() > kLongest || opened.size() > kLongest)
      return fail(ErrorKind::kLimit, "an lz4 block of more than 2 GiB");
    if (decompress(packed, opened) == opened.size()) return {};
    return fail(ErrorKind::kMismatch, "an lz4 block that is not the one that was opened");
  }

  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    if (opened.size() > kLongest - kPadding)
      return fail(ErrorKind::kLimit, "an lz4 block of more than 2 GiB");
    const auto& p = method.parameters;
    const int level = static_cast<int>(p[0]);
    const std::uint64_t most =
        p[1] != 0 ? p[1] : static_cast<std::uint64_t>(LZ4_compressBound(static_cast<int>(opened.size())));
    SKIFF_ASSIGN(HeapArray<std::uint8_t> room, HeapArray<std::uint8_t>::make(most));
    HeapArray<std::uint8_t> padded;
    ByteView content = opened;
    if (p[2] != 0) {
      SKIFF_ASSIGN(padded, HeapArray<std::uint8_t>::make(opened.size() + kPadding));
      const auto end = std::copy(opened.begin(), opened.end(), padded.span().begin());
      std::fill(end, padded.span().end(), std::uint8_t{0});
      content = padded.span();
    }
    SKIFF_ASSIGN(const Made made, p[1] != 0 ? make_full(level, content, room.span())
                                            : make_whole(level, content, room.span()));
    if (made.packed <= 0) return no_memory();
    if (static_cast<std::size_t>(made.taken) != opened.size())
      return fail(ErrorKind::kMismatch, "an lz4 block that ends elsewhere in the content");
    const ByteView block = ByteView(room.span()).first(static_cast<std::size_t>(made.packed));
    if (p[3] != 0) {
      const std::size_t unit = std::size_t{1} << p[3];
      SKIFF_TRY(packed.write(Bytes((unit - block.size() % unit) % unit, 0)));
    }
    return packed.write(block);
  }
};

}  // namespace

bool decode_lz4(const Source& image, FoundStream& stream, Budget& budget) {
  return decode_block(image, stream, budget, kRatioOfBytes, decompress);
}

}  // namespace skiff::unpack

const skiff::Repacker& skiff::lz4_repacker() {
  static const unpack::Lz4Repacker repacker;
  return repacker;
}

const skiff_repacker* skiff_lz4_repacker(void) { return skiff::unpack::c_handle(skiff::lz4_repacker()); }
