// Wild images for golden files: typing that is as wrong as it may be, and a result that a decoder makes of
// noise, so that rare turns of prediction are taken often.
#pragma once

#include "format/map.hpp"
#include "predict/typing.hpp"
#include "skiff/delta_info.hpp"

namespace skiff::testing {

struct WildPair {
  Bytes base;
  Bytes result;
  Typing typing;
  std::vector<Copy> copies;
};

/// Deterministic. `sizes` are those of the models that the noise is decoded with.
WildPair wild_pair(std::uint32_t seed, const ModelSizes& sizes);

}  // namespace skiff::testing
