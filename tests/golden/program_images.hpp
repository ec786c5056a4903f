// Small programs for golden files: units of code and tables that refer to each other, laid out twice, with
// what a delta says of the two images.
#pragma once

#include "format/map.hpp"
#include "predict/reference.hpp"
#include "predict/typing.hpp"

namespace skiff::testing {

enum class Machine : std::uint8_t { kAArch64, kX8664, kThumb, kA32, kA32Relative, kThumbRelative, kX86 };

/// Two layouts of one program, the second with units added, moved, and changed here and there.
struct ProgramPair {
  Bytes base;
  Bytes result;
  Typing typing;
  std::vector<Copy> copies;  ///< of the result from the base, each a run of units
};

/// Code of the machine, and after it tables of addresses. Deterministic.
ProgramPair program_pair(Machine machine, std::uint32_t seed);

}  // namespace skiff::testing
