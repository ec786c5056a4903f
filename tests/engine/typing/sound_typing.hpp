// What FORMAT.md demands of every typing, whatever the image it was made of.
#pragma once

#include "predict/typing.hpp"

namespace skiff::testing {

/// Fails the test unless spaces and their ranges are in order, apart and inside the image.
void expect_sound(const ImageTyping& typing, std::uint64_t image_length);

}  // namespace skiff::testing
