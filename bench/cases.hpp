// Cases: the pairs of images that each suite runs over, by number, so that a benchmark's argument names one.
#pragma once

#include <string>

#include "skiff/diff.hpp"

namespace skiff::bench {

enum class Case : int { kIdentical, kRevised, kUnrelated };
inline constexpr int kCases = 3;

struct Pair {
  Bytes base;
  Bytes result;
};

std::string to_string(Case which);
/// The pair of a case, about 4 MiB a side.
Pair make_pair_of(Case which);
/// A delta between the images of a pair; ends the process if it cannot be made.
Bytes make_delta(const Pair& pair, const DiffOptions& options);

}  // namespace skiff::bench
