// The libraries' parts of stream_codec.hpp.
#pragma once

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
