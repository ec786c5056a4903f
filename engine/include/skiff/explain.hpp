// explain_delta: why a delta is as large as it is, for those who build the images.
#pragma once

#include <string>
#include <vector>

#include "skiff/diff.hpp"

namespace skiff {

struct NamedBytes {
  std::string name;
  std::uint64_t bytes = 0;
};

/// A file of the result image, or a section of it if it is one ELF file.
struct PlaceBytes {
  std::string name;
  std::uint64_t bytes = 0;     ///< of the delta
  std::uint64_t literals = 0;  ///< how many of these say what no copy covers
};

/// Something about the images that costs bytes, and what to change in their build.
struct Finding {
  std::string what;
  std::string advice;
  std::uint64_t bytes = 0;  ///< of the delta; those of two findings may be the same bytes
};

/// Costs within segments are measured in fractions of bits, then rounded so that every sum holds exactly.
struct DeltaExplanation {
  DiffReport report;
  std::vector<NamedBytes> parts;   ///< by what the bytes say; in all delta_length
  std::vector<NamedBytes> kinds;   ///< those that correct copies, by what was copied; in all bytes.residue
  std::vector<PlaceBytes> places;  ///< by where in the result their bytes go, most first
  std::uint64_t elsewhere = 0;     ///< in no place: with those of places, in all residue and literals
  std::vector<Finding> findings;   ///< most first
};

/// Decodes a delta against its base, into a temporary file, and meters it. Authenticates nothing: it is for
/// builders, not for devices. Errors: kMismatch (another base), kFormat, kUnsupported, kIo.
Result<DeltaExplanation> explain_delta(const Source& base, const Source& delta);

}  // namespace skiff
