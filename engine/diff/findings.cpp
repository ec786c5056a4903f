#include "diff/findings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "typing/elf.hpp"
#include "typing/ext4.hpp"
#include "typing/image_reader.hpp"

namespace skiff {
namespace {

using typing::ExtentSource;
using typing::FileExtents;
using typing::ImageReader;
using typing::NamedFile;

constexpr std::uint64_t kLeastShare = 100;  ///< findings of less than one part in so many are left out

struct Magic {
  std::uint64_t offset;
  unsigned length;
  std::uint64_t value;
};
/// Of gzip, xz, Zstandard, bzip2, zip, squashfs, and Linux kernels that unpack themselves (x86 boot
/// protocol).
constexpr std::array<Magic, 7> kCompressed{{{0, 3, 0x088b1f},
                                            {0, 6, 0x5a587a37fd},
                                            {0, 4, 0xfd2fb528},
                                            {0, 3, 0x685a42},
                                            {0, 4, 0x04034b50},
                                            {0, 4, 0x73717368},
                                            {0x202, 4, 0x53726448}}};

bool is_compressed(const Source& file) {
  ImageReader reader(file);
  return std::any_of(kCompressed.begin(), kCompressed.end(), [&reader](const Magic& magic) {
    return reader.number(magic.offset, magic.length) == magic.value;
  });
}

/// Whether an ELF file is to be linked yet, as kernel modules are: its symbols are needed.
bool is_relocatable(const Source& elf) {
  constexpr std::uint16_t kRelocatable = 1;
  return ImageReader(elf).u16(16) == kRelocatable;
}

/// Where in a kernel module its signature begins (Linux, include/linux/module_signature.h); the file's end if
/// it has none.
std::uint64_t signature_begin(const Source& file) {
  constexpr std::string_view kMark = "~Module signature appended~\n";
  constexpr std::uint64_t kTrailer = 12;
  const std::uint64_t size = file.size();
  if (size < kMark.size() + kTrailer) return size;
  ImageReader reader(file);
  const std::uint64_t mark = size - kMark.size();
  for (std::size_t i = 0; i < kMark.size(); ++i)
    if (reader.number(mark + i, 1) != static_cast<std::uint8_t>(kMark[i])) return size;
  std::uint64_t length = 0;  // big-endian
  for (std::uint64_t i = mark - 4; i < mark; ++i) length = length << 8 | reader.number(i, 1);
  return length > mark - kTrailer ? size : mark - kTrailer - length;
}

FileExtents whole_of(const Source& image) { return {image.size(), {{0, image.size(), 0}}}; }

/// A cause that several places share.
struct Cause {
  PlaceCost cost;
  std::uint64_t places = 0;
  void add(const PlaceCost& more) {
    if (more.all() == 0) return;
    cost += more;
    ++places;
  }
};

class Finder {
 public:
  explicit Finder(const Evidence& evidence) : evidence_(evidence), costs_(evidence.readings.places) {}

  std::vector<Finding> run() {
    if (evidence_.places.in_file_system) {
      for (const NamedFile& place : evidence_.places.list) look_at(place.file);
      look_between();
    } else {
      look_at(whole_of(evidence_.result));
    }
    keep(compressed_, "compressed content",
         "ship it uncompressed, or compress it on the device: a change near its begin changes all that "
         "follows");
    keep(signatures_, "signatures of kernel modules",
         "leave modules unsigned where the image itself is verified, or rebuild only those whose source "
         "changed");
    keep(build_ids_, "build ids and links to debug files",
         "build reproducibly, or link with --build-id=none where nothing needs them");
    keep(symbols_, "symbols and debug sections", "strip the programs of the image");
    look_at_order();
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return a.bytes > b.bytes; });
    return std::move(findings_);
  }

 private:
  void look_at(const FileExtents& extents) {
    const PlaceCost cost = costs_.of(extents);
    if (cost.all() == 0) return;
    placed_ += cost.all();
    const ExtentSource file(evidence_.result, extents);
    if (is_compressed(file)) return compressed_.add(cost);
    signatures_.add(costs_.of(extents, signature_begin(file), file.size()));
    const bool relocatable = is_relocatable(file);
    for (const typing::ElfSection& section : typing::elf_sections(file)) {
      const std::uint64_t end = section.offset + section.length;
      look_at_section(section.name, costs_.of(extents, section.offset, end), relocatable);
    }
  }

  void look_at_section(std::string_view name, const PlaceCost& cost, bool relocatable) {
    if (name == ".note.gnu.build-id" || name == ".gnu_debuglink") build_ids_.add(cost);
    const bool symbols = !relocatable && (name == ".symtab" || name == ".strtab");
    if (symbols || name.substr(0, 7) == ".debug_") symbols_.add(cost);
  }

  /// What no file holds is of the file system itself.
  void look_between() {
    const WireCost whole = costs_.whole().all();
    keep({{0, whole - std::min(whole, placed_)}, 1}, "inodes, folders and bitmaps of the file system",
         "make it with fixed times, UUID and hash seed, and its files in the same order");
  }

  /// Code whose parts were put in another order is found, but each part has to be.
  void look_at_order() {
    const Readings& readings = evidence_.readings;
    constexpr std::uint64_t kShuffled = 4;
    if (readings.backward * kShuffled < readings.long_copies) return;
    keep(evidence_.report.bytes.map,
         "map of parts in another order: " + std::to_string(readings.backward) + " of " +
             std::to_string(readings.long_copies) + " long copies go back in the base",
         "keep the order of link inputs and of files (sort them, --symbol-ordering-file)");
  }

  void keep(const Cause& cause, const std::string& what, const std::string& advice) {
    const std::uint64_t data = evidence_.report.bytes.residue + evidence_.report.bytes.literals;
    const std::string many =
        cause.places > 1 ? ", in " + std::to_string(cause.places) + " places" : std::string();
    keep(share(data, cause.cost.all(), costs_.whole().all()), what + many, advice);
  }
  void keep(std::uint64_t bytes, const std::string& what, const std::string& advice) {
    if (bytes != 0 && bytes >= evidence_.report.info.delta_length / kLeastShare)
      findings_.push_back({what, advice, bytes});
  }

  const Evidence& evidence_;
  const PlaceCosts& costs_;
  std::vector<Finding> findings_;
  Cause compressed_;
  Cause signatures_;
  Cause build_ids_;
  Cause symbols_;
  WireCost placed_ = 0;  ///< in all places; the rest is between them
};

}  // namespace

Places places_of(const Source& image) {
  Places places{typing::ext4_named_files(image), true};
  if (!places.list.empty()) return places;
  places.in_file_system = false;
  for (typing::ElfSection& section : typing::elf_sections(image)) {
    places.list.push_back(
        {std::move(section.name), FileExtents{section.length, {{0, section.length, section.offset}}}});
  }
  if (places.list.empty() && image.size() > 0) places.list.push_back({"the image", whole_of(image)});
  return places;
}

std::uint64_t share(std::uint64_t bytes, WireCost part, WireCost whole) {
  if (whole == 0) return 0;
  return static_cast<std::uint64_t>(
      std::llround(static_cast<double>(bytes) * (static_cast<double>(part) / static_cast<double>(whole))));
}

std::vector<Finding> findings_of(const Evidence& evidence) { return Finder(evidence).run(); }

}  // namespace skiff
