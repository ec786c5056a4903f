// The base image that the inputs of the apply fuzz target are deltas for.
#pragma once

#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {

inline Bytes fuzz_base() { return noise(300, 1) + prose(400, 2); }

}  // namespace skiff::testing
