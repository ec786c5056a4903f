// The base images that the inputs of the fuzz targets are for.
#pragma once

#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {

/// Of the target apply.
inline Bytes fuzz_base() { return noise(300, 1) + prose(400, 2); }
/// The same again and again, up to a length.
inline Bytes fuzz_base_of(std::size_t length) {
  Bytes bytes;
  while (bytes.size() < length) bytes = bytes + fuzz_base();
  bytes.resize(length);
  return bytes;
}

}  // namespace skiff::testing
