#include "typing/elf.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "typing/arm_code.hpp"
#include "typing/image_reader.hpp"

namespace skiff::typing {
namespace {

constexpr std::uint32_t kElfMagic = 0x464c457f;
constexpr std::uint64_t kMaxHeaders = 4096;

enum Machine : std::uint16_t { kI386 = 3, kArm = 40, kX8664 = 62, kAArch64 = 183 };
enum FileType : std::uint16_t { kRelocatable = 1, kShared = 3 };
enum SectionType : std::uint32_t {
  kSymbols = 2,
  kRela = 4,
  kDynamic = 6,
  kNoBits = 8,
  kRel = 9,
  kDynamicSymbols = 11,
  kArmUnwinding = 0x70000001
};
enum SectionFlag : std::uint64_t { kWritable = 1, kAllocated = 2, kExecutable = 4 };

/// Sections of distances from themselves: of unwinding, and tables of the Linux kernel.
constexpr std::array<std::string_view, 13> kDistances{
    ".eh_frame",        ".ARM.extab",     "__ksymtab",         "__ksymtab_gpl", "__ex_table",
    "__bug_table",      ".orc_unwind_ip", ".retpoline_sites",  ".return_sites", ".call_sites",
    ".altinstructions", ".smp_locks",     ".static_call_sites"};

/// Where a field stands in the 64-bit and in the 32-bit form of a structure.
struct At {
  unsigned wide;
  unsigned narrow;
};

struct Section {
  std::uint32_t type = 0;
  std::uint64_t flags = 0;
  std::uint64_t address = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string name;
};

class ElfFile {
 public:
  explicit ElfFile(const Source& image) : reader_(image) {}

  bool open() {
    if (reader_.size() < 64 || reader_.u32(0) != kElfMagic) return false;
    const std::uint64_t form = reader_.number(4, 1);
    if ((form != 1 && form != 2) || reader_.number(5, 1) != 1) return false;
    wide_ = form == 2;
    type_ = reader_.u16(16);
    machine_ = reader_.u16(18);
    return true;
  }

  /// The end of whatever its headers name.
  std::uint64_t length() {
    const std::uint64_t sections_end =
        header({40, 32}) + std::uint64_t{reader_.u16(wide_ ? 60 : 48)} * (wide_ ? 64 : 40);
    std::uint64_t end = std::max<std::uint64_t>(sections_end, 64);
    for (const Section& section : sections()) end = std::max(end, section.offset + section.size);
    return end <= reader_.size() ? end : 0;
  }

  std::vector<ElfSection> named_sections() {
    std::vector<ElfSection> list;
    std::uint64_t at = 0;
    for (Section& section : sections()) {
      if (section.offset < at) continue;
      at = section.offset + section.size;
      list.push_back({std::move(section.name), section.offset, section.size});
    }
    return list;
  }

  std::optional<Space> space() {
    Space space;
    space.end = reader_.size();
    if (type_ == kRelocatable) {
      relocatable_addresses(space);
    } else {
      loaded_addresses(space);
    }
    if (space.addresses.empty() || space.addresses.size() > kMaxAddressRanges) return std::nullopt;
    types(space);
    return space;
  }

 private:
  [[nodiscard]] std::uint64_t header(At at) { return word(0, at); }
  std::uint64_t word(std::uint64_t structure, At at) {
    return wide_ ? reader_.u64(structure + at.wide) : reader_.u32(structure + at.narrow);
  }

  /// Modules are linked when they are loaded: their file is taken as if it ran where it lies.
  void relocatable_addresses(Space& space) const {
    constexpr std::uint64_t kAnywhere = std::uint64_t{1} << 20;
    space.addresses.push_back({0, space.end, kAnywhere});
    space.low = kAnywhere;
    space.high = kAnywhere + space.end;
  }

  void loaded_addresses(Space& space) {
    const std::uint64_t table = header({32, 28});
    const std::uint64_t size = wide_ ? 56 : 32;
    const std::uint64_t count = reader_.u16(wide_ ? 56 : 44);
    std::vector<AddressRange> in_memory;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t entry = table + i * size;
      if (reader_.u32(entry) != 1) continue;
      const AddressRange range{word(entry, {8, 4}), word(entry, {32, 16}), word(entry, {16, 8})};
      if (range.offset > space.end || range.length > space.end - range.offset) continue;
      in_memory.push_back({0, std::max(range.length, word(entry, {40, 20})), range.address});
      if (range.length > 0) space.addresses.push_back(range);
    }
    keep_apart(space.addresses);
    set_reach(space, std::move(in_memory));
  }

  /// A program refers to its own addresses from the lowest to the highest. What lies far from the rest, as a
  /// kernel's memory of each processor does at 0, is no part of them.
  static void set_reach(Space& space, std::vector<AddressRange> in_memory) {
    constexpr std::uint64_t kFar = std::uint64_t{1} << 32;
    std::sort(in_memory.begin(), in_memory.end(),
              [](const AddressRange& a, const AddressRange& b) { return a.address < b.address; });
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    for (const AddressRange& range : in_memory) {
      const bool far = range.address > high && range.address - high >= kFar;
      if (far || high == 0) low = range.address;
      high = std::max(range.address + range.length, high);
      if (high - low < space.high - space.low) continue;
      space.low = low;
      space.high = high;
    }
  }

  static void keep_apart(std::vector<AddressRange>& ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const AddressRange& a, const AddressRange& b) { return a.offset < b.offset; });
    std::vector<AddressRange> apart;
    for (const AddressRange& range : ranges) {
      if (apart.empty() || range.offset >= apart.back().offset + apart.back().length) apart.push_back(range);
    }
    ranges = std::move(apart);
  }

  std::vector<Section> sections() {
    const std::uint64_t table = header({40, 32});
    const std::uint64_t size = wide_ ? 64 : 40;
    const std::uint64_t count = std::min<std::uint64_t>(reader_.u16(wide_ ? 60 : 48), kMaxHeaders);
    const std::uint64_t names = table + size * reader_.u16(wide_ ? 62 : 50);
    const std::uint64_t name_table = word(names, {24, 16});
    std::vector<Section> list;
    for (std::uint64_t i = 0; table != 0 && i < count; ++i) {
      const std::uint64_t entry = table + i * size;
      Section section{reader_.u32(entry + 4), word(entry, {8, 8}),
                      word(entry, {16, 12}),  word(entry, {24, 16}),
                      word(entry, {32, 20}),  name_at(name_table + reader_.u32(entry))};
      const bool inside = section.offset <= reader_.size() && section.size <= reader_.size() - section.offset;
      if (section.type != kNoBits && section.size > 0 && inside) list.push_back(std::move(section));
    }
    std::sort(list.begin(), list.end(),
              [](const Section& a, const Section& b) { return a.offset < b.offset; });
    return list;
  }

  std::string name_at(std::uint64_t offset) {
    constexpr std::size_t kLongestName = 32;
    std::string name;
    for (char c = 0; name.size() < kLongestName &&
                     (c = static_cast<char>(reader_.number(offset + name.size(), 1))) != 0;) {
      name.push_back(c);
    }
    return name;
  }

  [[nodiscard]] Kind code_kind() const {
    switch (machine_) {
      case kAArch64:
        return Kind::kA64;
      case kX8664:
        return Kind::kX64;
      case kI386:
        return Kind::kX86;
      case kArm:
        return Kind::kThumb;
      default:
        return Kind::kRaw;
    }
  }
  [[nodiscard]] Kind pointer_kind() const { return wide_ ? Kind::kPointer64 : Kind::kPointer32; }

  [[nodiscard]] Kind kind_of(const Section& section) const {
    if ((section.flags & kExecutable) != 0) return code_kind();
    if (type_ == kRelocatable) return Kind::kRaw;
    switch (section.type) {
      case kSymbols:
      case kDynamicSymbols:
      case kRela:
      case kRel:
      case kDynamic:
        return pointer_kind();
      case kArmUnwinding:
        return Kind::kRelative32;
      default:
        break;
    }
    if ((section.flags & kAllocated) == 0) return Kind::kRaw;
    if (std::find(kDistances.begin(), kDistances.end(), section.name) != kDistances.end())
      return Kind::kRelative32;
    if (section.name == ".eh_frame_hdr") return Kind::kOffset32;
    // Jump tables are there: distances from each table's begin, which lead to much the same place from the
    // entry itself.
    if (machine_ == kX8664 && type_ == kShared && section.name == ".rodata") return Kind::kRelative32;
    // What can be loaded anywhere holds addresses only where the loader may write them.
    if (type_ == kShared && (section.flags & kWritable) == 0) return Kind::kRaw;
    return pointer_kind();
  }

  void types(Space& space) {
    std::uint64_t at = 0;
    const std::vector<Section> all = sections();
    for (const Section& section : all) {
      if (section.offset < at) continue;
      const Kind kind = kind_of(section);
      at = section.offset + section.size;
      if (kind == Kind::kRaw) continue;
      if (kind == Kind::kThumb) {
        const bool relative = type_ == kShared;
        for (const TypedRange& range : arm_ranges(reader_, section.offset, section.size, relative))
          append(space.types, range);
      } else {
        append(space.types, {section.offset, section.size, kind, origin_of(section, kind, all)});
      }
    }
    fill_gaps(space);
  }

  /// Tables of unwinding count from their own begin, 32-bit x86 code from the global offset table (.got.plt,
  /// which comes after .got, where there is one).
  static std::uint64_t origin_of(const Section& section, Kind kind, const std::vector<Section>& all) {
    const auto address_of = [&all](std::string_view name) {
      const auto found =
          std::find_if(all.begin(), all.end(), [name](const Section& other) { return other.name == name; });
      return found == all.end() ? 0 : found->address;
    };
    if (kind == Kind::kX86) return std::max(address_of(".got.plt"), address_of(".got"));
    return kind == Kind::kOffset32 ? section.address : 0;
  }

  static void append(std::vector<TypedRange>& types, const TypedRange& range) {
    if (range.length == 0) return;
    if (!types.empty() && types.back().kind == range.kind && types.back().origin == range.origin &&
        types.back().offset + types.back().length == range.offset) {
      types.back().length += range.length;
    } else {
      types.push_back(range);
    }
  }

  /// Ranges are written one after another: what is between them is kRaw.
  static void fill_gaps(Space& space) {
    std::vector<TypedRange> all;
    std::uint64_t at = space.begin;
    for (const TypedRange& range : space.types) {
      append(all, {at, range.offset - at, Kind::kRaw, 0});
      append(all, range);
      at = range.offset + range.length;
    }
    space.types = std::move(all);
  }

  ImageReader reader_;
  bool wide_ = false;
  std::uint16_t type_ = 0;
  std::uint16_t machine_ = 0;
};

}  // namespace

std::uint64_t elf_length(const Source& image) {
  ElfFile file(image);
  return file.open() ? file.length() : 0;
}

std::vector<ElfSection> elf_sections(const Source& image) {
  ElfFile file(image);
  return file.open() ? file.named_sections() : std::vector<ElfSection>{};
}

std::optional<Space> elf_space(const Source& image) {
  ElfFile file(image);
  if (!file.open()) return std::nullopt;
  return file.space();
}

}  // namespace skiff::typing
