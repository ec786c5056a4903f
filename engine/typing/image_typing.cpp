#include "typing/image_typing.hpp"

#include <algorithm>

#include "typing/elf.hpp"
#include "typing/ext4.hpp"
#include "typing/flat.hpp"
#include "typing/image_reader.hpp"

namespace skiff::typing {
namespace {

constexpr std::uint32_t kElfMagic = 0x464c457f;
constexpr std::uint32_t kArm64KernelMagic =
    0x644d5241;                              ///< at byte 56 (Linux, Documentation/arm64/booting.rst)
constexpr std::uint64_t kPage = 4096;        ///< looked at as a whole: most of a sparse image is zeros
constexpr std::uint64_t kFileAlignment = 4;  ///< of files in cpio archives; in others it is a multiple

std::optional<Space> file_space(const Source& file) {
  ImageReader reader(file);
  if (reader.u32(0) == kElfMagic) return elf_space(file);
  if (reader.u32(56) == kArm64KernelMagic) return flat_space(file);
  return std::nullopt;
}

/// ELF files that lie in one piece.
ImageTyping scattered_elf_files(const Source& image) {
  ImageTyping spaces;
  ImageReader reader(image);
  for (std::uint64_t at = 0; at + 64 <= image.size();) {
    if (at % kPage == 0 && reader.is_zero(at, kPage)) {
      at += kPage;
      continue;
    }
    if (reader.u32(at) == kElfMagic) {
      FileExtents rest{image.size() - at, {{0, image.size() - at, at}}};
      const std::uint64_t length = elf_length(ExtentSource(image, rest));
      rest.size = length;
      rest.extents[0].length = length;
      const auto space = length == 0 ? std::nullopt : elf_space(ExtentSource(image, rest));
      if (space) {
        spaces.push_back(placed(*space, rest));
        at += (length + kFileAlignment - 1) / kFileAlignment * kFileAlignment;
        continue;
      }
    }
    at += kFileAlignment;
  }
  return spaces;
}

bool ascending(const FileExtents& file) {
  std::uint64_t end = 0;
  for (const Extent& extent : file.extents) {
    if (extent.image_offset < end) return false;
    end = extent.image_offset + extent.length;
  }
  return true;
}

}  // namespace

ImageTyping apart(ImageTyping spaces) {
  std::sort(spaces.begin(), spaces.end(), [](const Space& a, const Space& b) { return a.begin < b.begin; });
  ImageTyping out;
  for (Space& space : spaces) {
    if (space.addresses.size() > kMaxAddressRanges) continue;
    if (out.empty() || space.begin >= out.back().end) out.push_back(std::move(space));
  }
  return out;
}

ImageTyping type_files(const Source& whole, const std::vector<FileExtents>& files,
                       const std::vector<FileExtents>& places) {
  ImageTyping spaces;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (places[i].extents.empty() || !ascending(places[i])) continue;
    if (const auto space = file_space(ExtentSource(whole, files[i])))
      spaces.push_back(placed(*space, places[i]));
  }
  return apart(std::move(spaces));
}

std::optional<ImageTyping> type_system(const Source& image) {
  const std::vector<FileExtents> files = ext4_files(image);
  if (files.empty()) return std::nullopt;
  return type_files(image, files, files);
}

ImageTyping type_file(const Source& file) {
  if (auto space = file_space(file)) return {std::move(*space)};
  return scattered_elf_files(file);
}

ImageTyping type_image(const Source& image) {
  if (auto space = elf_space(image)) return {std::move(*space)};
  if (auto system = type_system(image); system && !system->empty()) return std::move(*system);
  ImageTyping spaces = scattered_elf_files(image);
  std::uint64_t typed = 0;
  for (const Space& space : spaces) typed += space.end - space.begin;
  if (typed >= image.size() / 4 && !spaces.empty()) return spaces;
  if (auto space = flat_space(image)) return {std::move(*space)};
  return spaces;
}

}  // namespace skiff::typing
