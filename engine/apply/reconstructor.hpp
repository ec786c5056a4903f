// Reconstructor: makes a range of the result from the base, a map and the streams of a data segment of codec
// 0.
#pragma once

#include "base/heap_array.hpp"
#include "base/xxh.hpp"
#include "codec/copy_translator.hpp"
#include "format/residue.hpp"
#include "skiff/applier.hpp"

namespace skiff {

inline constexpr std::size_t kBlockSize =
    64 << 10;  ///< result bytes made at a time; the longest read of the base

class Reconstructor {
 public:
  /// `base` and `result` must outlive it. Errors: kLimit (memory is short).
  static Result<Reconstructor> make(const Source& base, ResultWriter& result);

  /// Writes the range that `walk` cuts into pieces, with the copies of `window`; `streams` are those that
  /// check_data_streams() accepted for it. Returns the XXH3-64 of what was written. Errors: those of base and
  /// writer.
  Result<std::uint64_t> write_range(PieceWalk walk, const WindowView& window,
                                    std::span<const ByteView, kDataStreams> streams);

 private:
  struct Progress;

  Reconstructor(const Source& base, ResultWriter& result, HeapArray<std::uint8_t> block)
      : base_(&base), result_(&result), block_(std::move(block)) {}
  Result<void> make_piece(Piece piece, Progress& progress);
  Result<void> make_bytes(const Piece& piece, MutableBytes out, Progress& progress);
  Result<void> flush(Progress& progress);

  const Source* base_;
  ResultWriter* result_;
  HeapArray<std::uint8_t> block_;
  Xxh3 digest_;
};

}  // namespace skiff
