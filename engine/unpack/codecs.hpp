// The three libraries' parts of stream_codec.hpp.
#pragma once

#include "unpack/stream_codec.hpp"

namespace skiff::unpack {

inline constexpr std::size_t kPiece = 64 << 10;  ///< bytes handed to or taken from a library at a time

inline tl::unexpected<Error> no_memory() {
  return fail(ErrorKind::kLimit, "not enough memory to open or pack a compressed stream");
}

bool decode_deflate(const Source& image, FoundStream& stream, Budget& budget);
bool decode_xz(const Source& image, FoundStream& stream, Budget& budget);
bool decode_zstd(const Source& image, FoundStream& stream, Budget& budget);

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
