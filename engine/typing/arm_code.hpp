// 32-bit Arm code: which of its stretches are A32 and which are Thumb-2.
#pragma once

#include <vector>

#include "predict/typing.hpp"
#include "typing/image_reader.hpp"

namespace skiff::typing {

/// Whether most of the words in `length` bytes at `offset` are A32 instructions that are always executed.
bool looks_like_a32(ImageReader& image, std::uint64_t offset, std::uint64_t length);

/// The code in `length` bytes at `offset` as ranges of the two instruction sets. `relative`: its literal
/// pools hold distances, as those of code that runs anywhere do, and not addresses.
std::vector<TypedRange> arm_ranges(ImageReader& image, std::uint64_t offset, std::uint64_t length,
                                   bool relative);

}  // namespace skiff::typing
