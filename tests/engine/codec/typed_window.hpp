// Windows over generated programs, and a segment's way onto the wire and back.
#pragma once

#include "codec/segment_coder.hpp"
#include "tests/engine/predict/programs.hpp"

namespace skiff::testing {

/// The least that F6 allows.
inline constexpr ModelSizes kSmallModels{8, 12, 8};

struct TypedWindow {
  Bytes base;
  Bytes result;
  WindowMap map;
  ModelSizes models = kSmallModels;
};

/// A program of the kind that grew a gap, some bytes of it changed, then text, a verbatim copy of noise, a
/// repetition of the text and noise.
TypedWindow typed_window(Kind kind, std::uint64_t length, std::uint32_t seed);
/// The program alone and unchanged but for its gap: references move and nothing else.
TypedWindow moved_program(Kind kind, std::uint64_t length, std::uint32_t seed);

struct CodedRange {
  Bytes wire;
  std::uint64_t end = 0;
  std::size_t taken = 0;  ///< bytes that a coder says it has, before it finishes
};
/// Result range [begin, end) of a window, or as much of it as the budget allows; `models` are reset before.
Result<CodedRange> code_range(const TypedWindow& window, SegmentModels& models, std::uint64_t begin,
                              std::size_t budget = SIZE_MAX);
/// The bytes of result range [begin, end).
Result<Bytes> decode_range(const TypedWindow& window, SegmentModels& models, ByteView wire,
                           std::pair<std::uint64_t, std::uint64_t> range);

/// The wire bytes of the window's map, its result being the whole image.
Result<Bytes> code_map(const TypedWindow& window, SegmentModels& models);

}  // namespace skiff::testing
