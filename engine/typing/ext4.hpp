// ext2, ext3 and ext4 file systems: where the bytes of their regular files are (Linux,
// Documentation/filesystems/ext4).
#pragma once

#include <vector>

#include "typing/extents.hpp"

namespace skiff::typing {

/// Whether the image is such a file system, by its superblock.
bool is_ext4(const Source& image);

/// The regular files of at least 4 KiB whose blocks are mapped by extents that ascend in the image; empty if
/// the image is no such file system. Whatever makes no sense is left out.
std::vector<FileExtents> ext4_files(const Source& image);

/// When each regular file was changed last, in seconds since 1970.
std::vector<std::uint64_t> ext4_times(const Source& image);

/// All regular files that extents map, with their paths from the root of the file system ("/bin/sh"; one that
/// no folder names is "inode 12"). Empty if the image is no such file system.
std::vector<NamedFile> ext4_named_files(const Source& image);

}  // namespace skiff::typing
