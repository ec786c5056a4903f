// SegmentMeter: decodes the segments of a delta and meters what they cost, by what they say and where.
#pragma once

#include <memory>

#include "diff/place_costs.hpp"
#include "diff/scratch_image.hpp"
#include "entropy/codec.hpp"
#include "format/map.hpp"
#include "format/pieces.hpp"
#include "predict/typing.hpp"
#include "skiff/diff.hpp"

namespace skiff {

/// What is known when all segments are read.
struct Readings {
  PartCosts parts{};                           ///< codec 0: kBytes stands for all residue
  std::array<WireCost, kKinds> corrections{};  ///< by the kind of the base's range
  PlaceCosts places;
  PieceTotals pieces;
  std::uint64_t copies = 0;
  std::uint64_t long_copies = 0;  ///< short ones come from anywhere
  std::uint64_t backward = 0;     ///< long copies that begin before the long copy before them ended
};

class SegmentMeter {
 public:
  virtual ~SegmentMeter() = default;
  /// Reads a map segment; until the next one, data segments are of this window. Errors: kFormat.
  virtual Result<void> read_map(const WireSegment& wire, const WindowBounds& window) = 0;
  /// Decodes a data segment, writes its range to the result and returns its XXH3-64. Errors: kFormat, and
  /// those of base and result.
  virtual Result<std::uint64_t> read_data(const WireSegment& wire, const SegmentInfo& range) = 0;
};

/// What a meter reads from and writes to; all of it is the caller's.
struct MeterTask {
  const DeltaInfo& info;
  const Source& base;
  Sink& result;
  Readings& readings;
};

/// That of the delta's codec. Errors: kUnsupported.
Result<std::unique_ptr<SegmentMeter>> make_stream_meter(const MeterTask& task);
std::unique_ptr<SegmentMeter> make_mixed_meter(const MeterTask& task);

/// Adds what a map says to the readings.
void read_copies_of(std::span<const Copy> copies, Readings& readings);

}  // namespace skiff
