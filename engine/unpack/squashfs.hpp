// squashfs 4.0 images (Linux, Documentation/filesystems/squashfs).
#pragma once

#include "unpack/block_system.hpp"

namespace skiff::unpack {

/// Nothing if the image is no such file system, or one of a codec that is not opened. Whatever makes no sense
/// is left out: an image that is broken has fewer blocks, or files, than one that is whole. Files are in the
/// order of the inode table.
std::optional<BlockSystem> read_squashfs(const Source& image);

}  // namespace skiff::unpack
