#include "tests/engine/typing/elf_image.hpp"

#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint64_t kAlignment = 16;

/// Fields of a structure, one after another; addresses and offsets are as wide as the file's class.
class Fields {
 public:
  Fields(Bytes& out, bool wide) : out_(out), word_(wide ? 8 : 4) {}
  Fields& put(std::uint64_t value, unsigned length) {
    for (unsigned i = 0; i < length; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return *this;
  }
  Fields& half(std::uint64_t value) { return put(value, 2); }
  Fields& word32(std::uint64_t value) { return put(value, 4); }
  Fields& word(std::uint64_t value) { return put(value, word_); }

 private:
  Bytes& out_;
  unsigned word_;
};

std::uint64_t loads(const ElfPlan& plan) {
  std::uint64_t count = 0;
  for (const ElfSection& section : plan.sections) count += (section.flags & kElfAllocated) != 0 ? 1 : 0;
  return count;
}

std::uint64_t header_size(const ElfPlan& plan) { return plan.wide ? 64 : 52; }

std::uint64_t aligned(std::uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

void put_header(const ElfPlan& plan, std::uint64_t section_table, Bytes& out) {
  Fields fields(out, plan.wide);
  fields.word32(0x464c457f).put(plan.wide ? 2 : 1, 1).put(1, 1).put(1, 1).put(0, 1).put(0, 8);
  fields.half(plan.type).half(plan.machine).word32(1).word(0);
  fields.word(header_size(plan)).word(section_table).word32(0);
  fields.half(header_size(plan)).half(plan.wide ? 56 : 32).half(loads(plan));
  fields.half(plan.wide ? 64 : 40).half(plan.sections.size() + 2).half(plan.sections.size() + 1);
}

void put_load(const ElfPlan& plan, std::size_t index, Bytes& out) {
  const ElfSection& section = plan.sections[index];
  const std::uint64_t offset = elf_section_offset(plan, index);
  Fields fields(out, plan.wide);
  fields.word32(1);
  if (plan.wide) fields.word32(5);
  fields.word(offset).word(section.address).word(section.address);
  fields.word(section.content.size()).word(section.content.size());
  if (!plan.wide) fields.word32(5);
  fields.word(kAlignment);
}

struct SectionPlace {
  std::uint64_t name = 0;
  std::uint64_t offset = 0;
};

void put_section(const ElfPlan& plan, const ElfSection& section, const SectionPlace& place, Bytes& out) {
  Fields fields(out, plan.wide);
  fields.word32(place.name).word32(section.type).word(section.flags).word(section.address);
  fields.word(place.offset).word(section.content.size()).word32(0).word32(0).word(kAlignment).word(0);
}

}  // namespace

std::uint64_t elf_section_offset(const ElfPlan& plan, std::size_t index) {
  std::uint64_t at = aligned(header_size(plan) + loads(plan) * (plan.wide ? 56 : 32));
  for (std::size_t i = 0; i < index; ++i) at = aligned(at + plan.sections[i].content.size());
  return at;
}

Bytes elf_image(const ElfPlan& plan) {
  const std::uint64_t names_offset = elf_section_offset(plan, plan.sections.size());
  ElfSection names{"", 3, 0, 0, Bytes{0}};
  Bytes table;
  put_section(plan, {"", 0, 0, 0, {}}, {}, table);
  for (std::size_t i = 0; i < plan.sections.size(); ++i) {
    put_section(plan, plan.sections[i], {names.content.size(), elf_section_offset(plan, i)}, table);
    names.content.insert(names.content.end(), plan.sections[i].name.begin(), plan.sections[i].name.end());
    names.content.push_back(0);
  }
  put_section(plan, names, {0, names_offset}, table);

  const std::uint64_t table_offset = aligned(names_offset + names.content.size());
  Bytes image;
  put_header(plan, table_offset, image);
  for (std::size_t i = 0; i < plan.sections.size(); ++i) {
    if ((plan.sections[i].flags & kElfAllocated) != 0) put_load(plan, i, image);
  }
  for (std::size_t i = 0; i < plan.sections.size(); ++i) {
    image.resize(elf_section_offset(plan, i));
    image = image + plan.sections[i].content;
  }
  image.resize(names_offset);
  image = image + names.content;
  image.resize(table_offset);
  return image + table;
}

ElfPlan example_program(bool wide, std::uint16_t type, std::uint16_t machine) {
  constexpr std::uint64_t kCode = kElfAllocated | kElfExecutable;
  constexpr std::uint64_t kData = kElfAllocated | kElfWritable;
  return {wide,
          type,
          machine,
          {{".text", 1, kCode, 0x10000, noise(256, 1)},
           {".rodata", 1, kElfAllocated, 0x20000, noise(64, 2)},
           {".eh_frame_hdr", 1, kElfAllocated, 0x21000, noise(32, 3)},
           {".eh_frame", 1, kElfAllocated, 0x22000, noise(96, 4)},
           {".data", 1, kData, 0x30000, noise(128, 5)},
           {".comment", 1, 0, 0, prose(40, 6)}}};
}

}  // namespace skiff::testing
