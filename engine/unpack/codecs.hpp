// The libraries' parts of stream_codec.hpp.
#pragma once

#include <algorithm>
#include <optional>

#include "unpack/stream_codec.hpp"

namespace skiff::unpack {

inline constexpr std::size_t kPiece = 64 << 10;  ///< bytes handed to or taken from a library at a time

inline tl::unexpected<Error> no_memory() {
  return fail(ErrorKind::kLimit, "not enough memory to open or pack a compressed stream");
}

bool decode_deflate(const Source& image, FoundStream& stream, Budget& budget);
bool decode_lz4(const Source& image, FoundStream& stream, Budget& budget);
bool decode_lzo(const Source& image, FoundStream& stream, Budget& budget);
bool decode_micro_lzma(const Source& image, FoundStream& stream, Budget& budget);
bool decode_png(const Source& image, FoundStream& stream, Budget& budget);
bool decode_xz(const Source& image, FoundStream& stream, Budget& budget);
bool decode_zstd(const Source& image, FoundStream& stream, Budget& budget);

/// Whether this libzstd can cut a frame into jobs.
bool zstd_has_jobs();
/// Whether an encoder of this level writes the window that the frame's header names, if it names one; it
/// knows the content's length, or nothing.
bool zstd_has_window_of(int level, std::optional<std::uint64_t> opened_length, ByteView frame);
/// Where the first block of a zstd frame ends (RFC 8878, sections 3.1.1.1 and 3.1.1.2); past the frame's end
/// if it is cut.
std::size_t zstd_first_block_end(ByteView frame);
/// Whether what a zstd encoder makes of all the content in one call begins with `beginning`. It stops at the
/// first block that does not fit into `beginning` and `spare` bytes more, however long the content is.
bool zstd_begins_with(const Method& method, ByteView opened, ByteView beginning, std::size_t spare);

/// Pieces of an image in order, for a decoder that finds out itself where its stream ends.
class PieceReader {
 public:
  PieceReader(const Source& image, std::uint64_t offset) : image_(image), offset_(offset) {}
  /// The next piece; empty at the end of the image or where it cannot be read.
  ByteView next() {
    const std::uint64_t left = image_.size() - offset_;
    piece_.resize(left < kPiece ? static_cast<std::size_t>(left) : kPiece);
    if (!image_.read_at(offset_, piece_)) piece_.clear();
    offset_ += piece_.size();
    return piece_;
  }

 private:
  const Source& image_;
  std::uint64_t offset_;
  Bytes piece_;
};

/// A block behind any zeros.
inline ByteView without_zeros(ByteView packed) {
  const auto begin = std::find_if(packed.begin(), packed.end(), [](std::uint8_t byte) { return byte != 0; });
  return packed.subspan(static_cast<std::size_t>(begin - packed.begin()));
}

/// Bytes of content that a byte of lz4 or lzo makes at most: it lengthens a match by 255.
inline constexpr std::uint64_t kRatioOfBytes = 255;

/// decode_found() of a block that does not show where it ends, and makes at most `most_ratio` times its
/// length of content. `decompress(packed, room)` gives the length of the content, or nothing.
template <typename Decompress>
bool decode_block(const Source& image, FoundStream& stream, Budget& budget, std::uint64_t most_ratio,
                  const Decompress& decompress) {
  constexpr std::uint64_t kMostPacked = std::uint64_t{16} << 20;
  if (stream.offset > image.size() || stream.length > std::min(kMostPacked, image.size() - stream.offset))
    return false;
  Bytes packed(static_cast<std::size_t>(stream.length));
  if (!image.read_at(stream.offset, packed)) return false;
  const std::uint64_t most = std::min(budget.left, most_ratio * packed.size());
  stream.opened.resize(static_cast<std::size_t>(most));
  const std::optional<std::size_t> length = decompress(packed, stream.opened);
  budget.left -= length.value_or(most);
  stream.opened.resize(length.value_or(0));
  return length.has_value();
}

/// Appends decoded bytes as far as the budget goes.
inline bool take(FoundStream& stream, ByteView bytes, Budget& budget) {
  if (bytes.size() > budget.left) {
    budget.left = 0;
    return false;
  }
  budget.left -= bytes.size();
  stream.opened.insert(stream.opened.end(), bytes.begin(), bytes.end());
  return true;
}

}  // namespace skiff::unpack
