// type_image: what kinds of code and tables an image holds, and where they run.
#pragma once

#include "predict/typing.hpp"
#include "skiff/io.hpp"

namespace skiff::typing {

/// Tries, in this order: one ELF file; an ext2/3/4 file system with ELF files and arm64 kernels in it; ELF
/// files lying in one piece anywhere (tar, cpio, firmware bundles); a flat image. Empty if nothing is
/// recognised. Typing is advice: a wrong one costs size, never correctness.
ImageTyping type_image(const Source& image);

}  // namespace skiff::typing
