// lz4_methods: how an lz4 block may have been made, by who writes such blocks.
#pragma once

#include <vector>

#include "unpack/method.hpp"

namespace skiff::unpack {

/// The most likely first. Zeros before the block, or a whole number of file system blocks, say that as much
/// of a file was packed into it as fits (mkfs.erofs).
std::vector<Method> lz4_methods(ByteView packed);

}  // namespace skiff::unpack
