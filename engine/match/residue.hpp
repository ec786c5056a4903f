// The residue of an image: the stretches that the exact-block prepass left, gathered in one buffer.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "match/cover.hpp"
#include "skiff/io.hpp"

namespace skiff::match {

/// A stretch of an image.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t length() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

/// Stretches in ascending order, none empty, none touching the next.
using Ranges = std::vector<Range>;

std::uint64_t total_length(const Ranges& ranges);

/// What of [0, size) none of `covered` holds; `covered` may overlap and be in any order. Each stretch is then
/// widened to multiples of `alignment` and by `margin` bytes on both sides (within the image), and joined
/// with those it meets. Alignment keeps code and tables in phase when stretches stand side by side in a
/// buffer.
Ranges uncovered(std::uint64_t size, Ranges covered, std::uint64_t alignment, std::uint64_t margin);

/// The bytes of some stretches of an image, side by side, and the way back from buffer to image.
class Residue {
 public:
  /// Reads the stretches; together they must be shorter than 2^31 bytes. Errors: kIo.
  static Result<Residue> read(const Source& image, const Ranges& ranges);

  /// Calls `rewrite` for each stretch with the bytes that stand for it, to be changed in place.
  Result<void> rewrite(const std::function<Result<void>(Range, MutableBytes)>& rewrite);

  [[nodiscard]] ByteView bytes() const { return bytes_; }
  /// A stretch of the image that stands at `at` in the buffer.
  struct Piece {
    std::uint32_t at = 0;
    Range image;
  };
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  /// The piece that holds buffer offset `at`, which must be inside the buffer.
  [[nodiscard]] const Piece& piece_of(std::uint32_t at) const;

 private:
  Bytes bytes_;
  std::vector<Piece> pieces_;
};

}  // namespace skiff::match
