// Parts: what has nothing to do with each other in two images, code and data above all, is sorted apart and
// so on two threads.
#pragma once

#include <vector>

#include "match/cover.hpp"
#include "match/neighbours.hpp"
#include "match/residue.hpp"
#include "match/segments.hpp"

namespace skiff::match {

/// Stretches of both images, in ascending order and apart, that are matched among themselves, as is what they
/// leave.
struct Part {
  Ranges base;
  Ranges result;
};

/// Below so many bytes of both residues sorting takes no time, and a part that was guessed wrong costs
/// matches.
inline constexpr std::size_t kWorthSplitting = std::size_t{4} << 20;

/// Instructions that agree in so many bytes are told apart by how near to home they are. Of the records of
/// tables that are alike the bytes behind them tell more.
inline constexpr std::uint32_t kCodeDepth = 10;

/// As find_neighbours() of both residues, but each result position has its neighbours in its own part only;
/// in both where the part is empty in one of the images, or splitting not worth it. What is already `known`
/// of where the result is from says where its instructions are at home.
Neighbours find_neighbours_apart(const Residue& base, const Residue& result, const Part& part,
                                 const Cover& known, unsigned threads);

}  // namespace skiff::match
