// ELF files: which of their sections are code, pointers or tables, and where they run (System V gABI,
// chapters 4 and 5).
#pragma once

#include <optional>

#include "predict/typing.hpp"
#include "skiff/io.hpp"

namespace skiff::typing {

/// The one address space of an ELF file that fills `image` (its offsets are the file's). Nothing if the image
/// is no little-endian ELF file whose headers make sense.
std::optional<Space> elf_space(const Source& image);

/// Where the ELF file that `image` begins with ends, by its headers; 0 if it is none or reaches past the
/// image.
std::uint64_t elf_length(const Source& image);

}  // namespace skiff::typing
