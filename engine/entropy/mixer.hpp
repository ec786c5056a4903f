// Mixer: evidence weighed by rows of weights, and the rows moved by their errors (FORMAT.md, section 9.3).
//
// Written in vectors of a fixed number of lanes (a compiler makes of them what the processor has), as a bit
// of every literal comes through here.
#pragma once

#include <array>
#include <cstdint>

#include "entropy/logistic.hpp"

namespace skiff::mixing {

inline constexpr std::uint32_t kLanes = 8;
using Lanes = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));

/// Each bit is mixed by this many rows of weights; a number of each, and one to spare, is a vector too.
inline constexpr std::uint32_t kRows = 3;
using PerRow = std::int32_t __attribute__((vector_size(4 * sizeof(std::int32_t))));

inline constexpr std::int32_t kWeightLimit = (8 << 16) - 1;
inline constexpr std::int32_t kInitialWeight = 16384;  ///< 1/4 in 16.16

/// Evidence, padded with zeros to whole vectors, or its weights, in 16.16. (How a vector is aligned by itself
/// depends on what the function is compiled for.)
template <std::uint32_t kVectors>
struct alignas(kLanes * sizeof(std::int32_t)) Row {
  std::array<Lanes, kVectors> vectors{};
  void fill(std::int32_t value) { vectors.fill(Lanes{} + value); }
};
template <std::uint32_t kVectors>
using Rows = std::array<Row<kVectors>*, kRows>;

/// The sums of four vectors' lanes, in order.
inline void add_across(const std::array<PerRow, 4>& from, PerRow& sums) {
  const PerRow low = __builtin_shufflevector(from[0], from[1], 0, 4, 1, 5) +
                     __builtin_shufflevector(from[0], from[1], 2, 6, 3, 7);
  const PerRow high = __builtin_shufflevector(from[2], from[3], 0, 4, 1, 5) +
                      __builtin_shufflevector(from[2], from[3], 2, 6, 3, 7);
  sums = __builtin_shufflevector(low, high, 0, 1, 4, 5) + __builtin_shufflevector(low, high, 2, 3, 6, 7);
}

template <class Vector>
inline void clamp_lanes(Vector& vector, std::int32_t limit) {
  vector = vector > limit ? Vector{} + limit : vector;
  vector = vector < -limit ? Vector{} - limit : vector;
}

/// What each row makes of the inputs: evidence, within ±kStretchLimit.
template <std::uint32_t kVectors>
inline void weigh(const Row<kVectors>& inputs, const Rows<kVectors>& rows, PerRow& evidence) {
  std::array<PerRow, 4> halves{};
  for (std::uint32_t row = 0; row < kRows; ++row) {
    Lanes sum{};
    for (std::uint32_t i = 0; i < kVectors; ++i) sum += (inputs.vectors[i] * rows[row]->vectors[i]) >> 8;
    halves[row] =
        __builtin_shufflevector(sum, sum, 0, 1, 2, 3) + __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
  }
  add_across(halves, evidence);
  evidence >>= 8;
  clamp_lanes(evidence, kStretchLimit);
}

/// Moves each row by its error.
template <std::uint32_t kVectors>
inline void learn(const Row<kVectors>& inputs, const Rows<kVectors>& rows, const PerRow& errors) {
  for (std::uint32_t row = 0; row < kRows; ++row) {
    for (std::uint32_t i = 0; i < kVectors; ++i) {
      Lanes& weights = rows[row]->vectors[i];
      weights += (inputs.vectors[i] * errors[row] + 512) >> 10;
      clamp_lanes(weights, kWeightLimit);
    }
  }
}

}  // namespace skiff::mixing
