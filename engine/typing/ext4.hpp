// ext2, ext3 and ext4 file systems: where the bytes of their regular files are (Linux,
// Documentation/filesystems/ext4).
#pragma once

#include <vector>

#include "typing/extents.hpp"

namespace skiff::typing {

/// The regular files of at least 4 KiB whose blocks are mapped by extents that ascend in the image; empty if
/// the image is no such file system. Whatever makes no sense is left out.
std::vector<FileExtents> ext4_files(const Source& image);

}  // namespace skiff::typing
