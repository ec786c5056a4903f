// The streams of a data segment, and the residue as runs and changes: FORMAT.md, section 8.
#pragma once

#include <array>

#include "base/cursor.hpp"
#include "format/pieces.hpp"
#include "skiff/bytes.hpp"

namespace skiff {

inline constexpr std::size_t kDataStreams = 3;
enum DataStream : std::size_t { kRuns, kChanges, kLiterals };

/// The runs and changes of a residue. Equal runs shorter than `min_equal_run` (at least 1) between changes
/// are written as changes of 0: a run costs two varints.
struct ResidueStreams {
  Bytes runs;
  Bytes changes;
};
ResidueStreams write_residue(ByteView residue, std::uint64_t min_equal_run);

/// Checks the streams of a data segment against what the map says of its range: rules F1, F2 and F24 to F26.
Result<void> check_data_streams(std::span<const ByteView, kDataStreams> streams, const PieceTotals& range);

/// Adds a residue to predicted bytes, in order. Takes streams that check_data_streams() accepted, and in all
/// no more bytes than the residue has.
class ResidueAdder {
 public:
  explicit ResidueAdder(std::span<const ByteView, kDataStreams> streams)
      : runs_(streams[kRuns]), changes_(streams[kChanges]) {}
  void add_to(MutableBytes predicted);

 private:
  void next_run();

  Cursor runs_;
  ByteView changes_;        ///< those of the current changed run and after
  std::uint64_t left_ = 0;  ///< bytes left of the current run
  bool changed_ = true;     ///< whether the current run is one of changes; the first run is not
};

}  // namespace skiff
