// Recipe: which streams of both images are opened, level by level, and how those of the result are packed
// again (FORMAT.md, section 13).
#pragma once

#include <vector>

#include "skiff/bytes.hpp"
#include "unpack/method.hpp"

namespace skiff::unpack {

/// A compressed stream of an image, after `plain` bytes that stand as they are.
struct Stream {
  std::uint64_t plain = 0;   ///< packed bytes between the stream before (or the image's start) and this one
  std::uint64_t packed = 0;  ///< its length in the image
  std::uint64_t opened = 0;  ///< the length of its content
  std::size_t method =
      0;  ///< of a result stream, or of one whose codec names_method(): which of the recipe's methods
  StreamCodec codec = StreamCodec::kDeflate;
  /// Where in its content something begins that is aligned in the opened image: ascending, above 0 and below
  /// `opened`.
  std::vector<std::uint64_t> cuts{};
  bool operator==(const Stream&) const = default;
};

/// Kinds of base streams below this are codecs, those from here on methods, whose codec is the stream's.
inline constexpr std::uint64_t kFirstMethod = static_cast<std::uint64_t>(StreamCodec::kPredictedDeflate);

inline constexpr std::uint64_t kAnyVersion = 0;  ///< of a method by which nothing is packed

/// What is opened at once.
struct Level {
  /// Plain bytes after a stream stand at an offset that is their place in the image modulo 1 << phase.
  std::uint64_t phase = 0;
  std::vector<Method> methods;
  std::vector<std::uint64_t> versions;  ///< of the library that made each method's streams
  std::vector<Stream> base;
  std::vector<Stream> result;
  bool operator==(const Level&) const = default;
};

/// The first level opens the images, each further one what the one before it made of them: streams in
/// streams.
using Recipe = std::vector<Level>;
inline constexpr std::size_t kMaxLevels = 4;
/// The bit of `features` that says that there is more than one.
inline constexpr std::uint64_t kSeveralLevels = std::uint64_t{1} << 7;

inline constexpr std::uint64_t kContentAlignment = 16;  ///< of each piece of content
inline constexpr std::uint64_t kMaxPhase = 16;
inline constexpr std::uint64_t kCacheLength = std::uint64_t{8} << 20;  ///< opened base that a decoder keeps

/// A stretch of an opened image: plain bytes, then padding, then a piece of the content of a stream, then
/// padding. Those of further pieces have no plain bytes.
struct Stretch {
  std::uint64_t plain_at = 0;    ///< where its plain bytes begin in the opened image
  std::uint64_t plain = 0;       ///< how many they are
  std::uint64_t packed_at = 0;   ///< where its plain bytes begin in the packed image
  std::uint64_t content_at = 0;  ///< where the content begins in the opened image
  std::uint64_t opened = 0;      ///< how much content; 0: the image ends with this stretch's plain bytes
  std::uint64_t from = 0;        ///< where in the stream's content the piece begins
  std::uint64_t end = 0;         ///< where the next stretch begins in the opened image
  std::uint64_t stream_at = 0;   ///< where the stream begins in the packed image
  std::uint64_t stream = 0;      ///< index of the stream
};

struct Layout {
  std::vector<Stretch> stretches;  ///< one a piece, and one for what follows the last
  std::uint64_t length = 0;        ///< of the opened image
};

/// Where everything is in an opened image. Errors: kFormat (F31) if the streams do not lie in the image.
Result<Layout> lay_out(const std::vector<Stream>& streams, std::uint64_t packed_length, std::uint64_t phase);

/// The first offset from `offset` on that is `place` modulo 1 << phase.
constexpr std::uint64_t in_phase(std::uint64_t offset, std::uint64_t place, std::uint64_t phase) {
  return offset + ((place - offset) & ((std::uint64_t{1} << phase) - 1));
}

/// The stretch that holds `offset` of an opened image.
const Stretch& stretch_at(const Layout& layout, std::uint64_t offset);

/// Bytes that opening and packing take beside the decoder: section 13.4.
std::uint64_t unpack_memory(const Recipe& recipe);

/// The `features` of a recipe: which codecs its streams are written in, and kSeveralLevels.
std::uint64_t features_of(const Recipe& recipe);

/// A recipe as it stands in a header: one stream of section 6. Errors: kLimit (memory is short).
Result<Bytes> write_recipe(const Recipe& recipe);
/// Its inverse; `features` say whether there are several levels. Rules F1, F2, F15, F16 and F28 to F31; at
/// most `kMaxRecipe` bytes once decoded.
inline constexpr std::uint64_t kMaxRecipe = std::uint64_t{16} << 20;
Result<Recipe> read_recipe(ByteView coded, std::uint64_t features);

}  // namespace skiff::unpack
