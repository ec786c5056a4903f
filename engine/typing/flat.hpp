// Flat images: kernels, boot loaders and firmware without headers, typed by what their words look like.
#pragma once

#include <optional>

#include "predict/typing.hpp"
#include "skiff/io.hpp"

namespace skiff::typing {

/// The one address space of an image of AArch64 or Thumb-2 code; nothing if it does not look like either.
/// Reads the image a few times in order; keeps a few bytes per function.
std::optional<Space> flat_space(const Source& image);

}  // namespace skiff::typing
