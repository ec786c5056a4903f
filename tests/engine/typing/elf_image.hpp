// ELF files made by hand, field by field.
#pragma once

#include <string>
#include <vector>

#include "skiff/bytes.hpp"

namespace skiff::testing {

struct ElfSection {
  std::string name;
  std::uint32_t type = 1;  ///< SHT_PROGBITS
  std::uint64_t flags = 0;
  std::uint64_t address = 0;
  Bytes content;
};

struct ElfPlan {
  bool wide = true;        ///< ELFCLASS64
  std::uint16_t type = 2;  ///< ET_EXEC
  std::uint16_t machine = 183;
  std::vector<ElfSection> sections;
};

inline constexpr std::uint64_t kElfWritable = 1;
inline constexpr std::uint64_t kElfAllocated = 2;
inline constexpr std::uint64_t kElfExecutable = 4;

/// Headers, the sections one after another at multiples of 16, the section headers. Each allocated section
/// has a PT_LOAD of its own.
Bytes elf_image(const ElfPlan& plan);

/// Where the content of a section stands in elf_image().
std::uint64_t elf_section_offset(const ElfPlan& plan, std::size_t index);

/// A program with code, pointers, a read-only table, .eh_frame and a comment.
ElfPlan example_program(bool wide, std::uint16_t type, std::uint16_t machine);

}  // namespace skiff::testing
