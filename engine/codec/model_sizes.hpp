// What the models of codec 1 take, and what the encoder chooses for a profile.
#pragma once

#include "skiff/delta_info.hpp"

namespace skiff {

/// The sizes that a delta of this profile declares.
ModelSizes model_sizes(Profile profile);

/// Bytes that a decoder's models take, in FORMAT.md 3.3 a part of decoder_memory.
std::uint64_t model_memory(const ModelSizes& sizes);

}  // namespace skiff
