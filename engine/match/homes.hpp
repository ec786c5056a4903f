// Homes: where in the base each part of the result is likely to be from, by what is known so far. Of base
// positions that are alike, the one nearest to home continues what stands beside it.
#pragma once

#include <cstdint>
#include <vector>

#include "match/cover.hpp"
#include "match/residue.hpp"

namespace skiff::match {

inline constexpr std::uint32_t kHomeStep = 256;

/// For each kHomeStep bytes of a result's buffer, the offset in the base's buffer that its first byte would
/// come from.
using Homes = std::vector<std::int32_t>;

/// Homes of a result's residue in the base's, by `known`: each step has the jump that the most bytes copied
/// near it have; where nothing near is known, that of the step before.
Homes find_homes(const Residue& base, const Residue& result, const Cover& known);

}  // namespace skiff::match
