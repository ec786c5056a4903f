// Splitting of a cover's copies into those whose bytes are all equal and those with differences.
#pragma once

#include "match/cover.hpp"
#include "skiff/io.hpp"

namespace skiff::match {

/// An equal stretch at least this long inside a copy becomes a copy of its own: a device moves it without
/// looking at it, and two more entries of the map cost a few bytes.
inline constexpr std::uint64_t kMinEqualRun = std::uint64_t{16} << 10;

/// Joins copies that continue each other whatever their `equal`, compares their bytes (not those already
/// known to be equal), and gives them back marked and split. A copy without any difference is `equal` at any
/// length.
Result<Cover> split_equal_runs(const Cover& cover, const Source& base, const Source& result);

}  // namespace skiff::match
