// ELF files: which of their sections are code, pointers or tables, and where they run (System V gABI,
// chapters 4 and 5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "predict/typing.hpp"
#include "skiff/io.hpp"

namespace skiff::typing {

/// The one address space of an ELF file that fills `image` (its offsets are the file's). Nothing if the image
/// is no little-endian ELF file whose headers make sense.
std::optional<Space> elf_space(const Source& image);

/// Where the ELF file that `image` begins with ends, by its headers; 0 if it is none or reaches past the
/// image.
std::uint64_t elf_length(const Source& image);

/// A section that has bytes in its file.
struct ElfSection {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
/// The sections of an ELF file that fills `image`, in the order of the file, apart; empty if it is none.
std::vector<ElfSection> elf_sections(const Source& image);

}  // namespace skiff::typing
