// The streams of a data segment, and the residue as runs and changes: FORMAT.md, section 8.
#pragma once

#include <array>

#include "base/cursor.hpp"
#include "format/pieces.hpp"
#include "skiff/bytes.hpp"

namespace skiff {

/// The streams of a data segment in the order of the wire. kChanges1 to kChanges4 hold the changed runs that
/// are 1, 2, 3, and 4 or more bytes long: short runs have other statistics than long ones.
enum DataStream : std::size_t { kTokens, kLongRuns, kChanges1, kChanges2, kChanges3, kChanges4, kLiterals };
inline constexpr std::size_t kResidueStreams = 6;  ///< all but the literals
inline constexpr std::size_t kDataStreams = 7;

/// The streams of a residue: one byte for each result byte of the range in a copy that is not verbatim.
std::array<Bytes, kResidueStreams> write_residue(ByteView residue);

/// Checks the streams of a data segment against what the map says of its range: rules F1, F2 and F24 to F26.
Result<void> check_data_streams(std::span<const ByteView, kDataStreams> streams, const PieceTotals& range);

/// An equal run and the changed run after it. Where the lengths of a token are at their maximum, a varint
/// says what goes beyond it.
struct RunPair {
  std::uint64_t equal = 0;
  std::uint64_t changed = 0;
};

/// Adds a residue to predicted bytes, in order. Takes streams that check_data_streams() accepted, and in all
/// no more bytes than the residue has.
class ResidueAdder {
 public:
  explicit ResidueAdder(std::span<const ByteView, kDataStreams> streams);
  void add_to(MutableBytes predicted);

 private:
  void next_pair();
  std::size_t add_changes(MutableBytes predicted);

  ByteView tokens_;  ///< those not begun
  Cursor long_runs_;
  std::array<ByteView, 4> changes_;  ///< by length of run, those not added
  ByteView* source_ = nullptr;       ///< the changes of the current pair
  RunPair left_;                     ///< of the current pair
};

}  // namespace skiff
