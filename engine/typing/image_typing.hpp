// type_image: what kinds of code and tables an image holds, and where they run.
#pragma once

#include <optional>

#include "typing/extents.hpp"

namespace skiff::typing {

/// Tries, in this order: one ELF file; an ext2/3/4 file system with ELF files and arm64 kernels in it; ELF
/// files lying in one piece anywhere (tar, cpio, firmware bundles); a flat image. Empty if nothing is
/// recognised. Typing is advice: a wrong one costs size, never correctness.
ImageTyping type_image(const Source& image);

/// That of an ext2/3/4 file system with regular files in it; nothing if the image is none.
std::optional<ImageTyping> type_system(const Source& image);

/// That of a file within an image: a program, an arm64 kernel, or an archive with ELF files in it.
ImageTyping type_file(const Source& file);

/// Spaces in order; of two that overlap the later goes.
ImageTyping apart(ImageTyping spaces);

/// The same as type_image() for files of which an image holds some bytes only: each is typed by what it is
/// whole, in `whole`, and placed where the image has it. `places` has as many files as `files`; one without
/// extents is left out, as is one whose extents do not ascend.
ImageTyping type_files(const Source& whole, const std::vector<FileExtents>& files,
                       const std::vector<FileExtents>& places);

}  // namespace skiff::typing
