// Programs of every kind made up of references whose targets are known, so that a program can be laid out
// again with a gap in it.
#pragma once

#include "predict/typing.hpp"
#include "skiff/bytes.hpp"

namespace skiff::testing {

/// What to make. The same plan with another gap is the same program after bytes were inserted: every
/// reference still leads to the byte it led to.
struct ProgramPlan {
  Kind kind = Kind::kRaw;
  std::uint64_t length = 0;  ///< without the gap; a multiple of 8
  std::uint32_t seed = 1;
  std::uint64_t address = 0x400000;  ///< of the first byte; a multiple of 4096
  std::uint64_t gap_at = 0;          ///< a multiple of 8
  std::uint64_t gap = 0;             ///< likewise
};
Bytes program(const ProgramPlan& plan);

/// The program as the one space of an image: one address range, one typed range.
Space program_space(const ProgramPlan& plan);

/// All kinds, kRaw included.
inline constexpr Kind kAllKinds[] = {Kind::kRaw,         Kind::kA64,           Kind::kX64,
                                     Kind::kThumb,       Kind::kPointer64,     Kind::kPointer32,
                                     Kind::kRelative32,  Kind::kOffset32,      Kind::kA32,
                                     Kind::kA32Relative, Kind::kThumbRelative, Kind::kX86};

}  // namespace skiff::testing
