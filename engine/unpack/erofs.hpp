// erofs images (Linux, Documentation/filesystems/erofs.rst and fs/erofs/erofs_fs.h), as mkfs.erofs writes
// them.
#pragma once

#include "unpack/block_system.hpp"

namespace skiff::unpack {

/// Nothing if the image is no such file system, or one none of whose blocks is of lz4 with zeros ahead.
/// Whatever makes no sense is left out, as are tails among the metadata and fragments. Files are in the order
/// of their folders.
std::optional<BlockSystem> read_erofs(const Source& image);

}  // namespace skiff::unpack
