// The exact-block prepass: finds the blocks of the result that stand somewhere in the base, without holding
// either.
#pragma once

#include <cstdint>

#include "match/cover.hpp"
#include "skiff/io.hpp"

namespace skiff::match {

/// Blocks are those of file systems; smaller ones would catch more but index more than the suffix stage
/// saves.
inline constexpr std::uint64_t kBlockSize = 4096;

/// Copies, all `equal`, that cover every whole aligned block of the result found in the base: at the previous
/// copy's continuation, at the same offset, in the longest run of zeros, or at an aligned base block of the
/// same hash (bytes are always compared). Each copy is then prolonged byte by byte into what no other copy
/// covers. Memory: 16 bytes a base block. Errors: kIo, and those of `checkpoint`.
Result<Cover> match_blocks(const Source& base, const Source& result, const Checkpoint& checkpoint);

}  // namespace skiff::match
