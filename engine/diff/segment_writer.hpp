// SegmentWriter: takes coded segments in the order of the wire, spools their bytes and gathers what the head
// says.
#pragma once

#include <span>

#include "diff/spool.hpp"
#include "skiff/diff.hpp"

namespace skiff {

/// Adds the coded lengths of a map segment's streams to `bytes.map`, of a data segment's to `bytes.residue`
/// and `bytes.literals`, and the lengths fields to `bytes.overhead`. `wire` must be a segment of codec 0.
Result<void> count_streams(ByteView wire, bool is_map, DeltaBreakdown& bytes);

class SegmentWriter {
 public:
  /// `report.info` names codec, profile, base and result; the rest of `report` is filled here.
  SegmentWriter(DiffReport& report, const MakeHasher& make_hasher);

  /// `segment` says is_map, window, result_length and digest; the wire bytes say the rest.
  Result<void> add(SegmentInfo segment, ByteView wire);
  /// With codec 1, whose segments have no streams to count: `literal_wire` of the bytes went to literals.
  Result<void> add(SegmentInfo segment, ByteView wire, std::uint64_t literal_wire);
  /// Bytes of the delta that finish() would write now, its head among them.
  [[nodiscard]] std::uint64_t delta_length() const;
  /// Raises the limits of the head to what a segment or a map needs.
  void note_raw(std::uint64_t raw_length);
  void note_copies(std::uint64_t copies);

  /// Writes head and segments to `delta` and completes the report. Errors: kIo, the sink's, and kLimit if the
  /// delta would ask more of a decoder than its profile allows.
  Result<void> finish(Sink& delta);

 private:
  Result<void> keep(SegmentInfo segment, ByteView wire);

  DiffReport& report_;
  const MakeHasher& make_hasher_;
  Spool spool_;
  std::uint64_t segments_length_ = 0;
};

}  // namespace skiff
