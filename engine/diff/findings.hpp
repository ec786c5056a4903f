// Findings: what about the images makes a delta large, from what its bytes cost where.
#pragma once

#include <vector>

#include "diff/segment_meter.hpp"
#include "skiff/explain.hpp"
#include "typing/extents.hpp"

namespace skiff {

/// Named parts of an image.
struct Places {
  std::vector<typing::NamedFile> list;
  bool in_file_system = false;
};

/// The files of an ext2/3/4 file system, or the sections of an ELF file, or else the image as one place.
Places places_of(const Source& image);

/// What findings are made from; all of it is the caller's.
struct Evidence {
  const Source& result;
  const Places& places;
  const Readings& readings;
  const DiffReport& report;
};

/// Those that cost 1 % of the delta or more, most first.
std::vector<Finding> findings_of(const Evidence& evidence);

/// As many of `bytes` as fall to `part` of `whole`.
std::uint64_t share(std::uint64_t bytes, WireCost part, WireCost whole);

}  // namespace skiff
