#include "typing/ext4.hpp"

#include <algorithm>

#include "typing/image_reader.hpp"

namespace skiff::typing {
namespace {

constexpr std::uint64_t kSuperblock = 1024;
constexpr std::uint16_t kMagic = 0xEF53;
constexpr std::uint16_t kExtentMagic = 0xF30A;
constexpr std::uint32_t kUsesExtents = 0x80000;
constexpr std::uint32_t kWideDescriptors = 0x80;
constexpr std::uint64_t kLeastFile = 4096;
constexpr std::size_t kMostExtents = 65536;
constexpr unsigned kDeepestTree = 5;

class Ext4 {
 public:
  explicit Ext4(const Source& image) : reader_(image) {}

  std::vector<FileExtents> files() {
    if (reader_.size() < 2 * kSuperblock || reader_.u16(kSuperblock + 0x38) != kMagic) return {};
    const std::uint32_t block_bits = 10 + reader_.u32(kSuperblock + 0x18);
    if (block_bits > 16) return {};
    block_ = std::uint64_t{1} << block_bits;
    const std::uint64_t inodes = reader_.u32(kSuperblock);
    const std::uint64_t per_group = reader_.u32(kSuperblock + 0x28);
    const std::uint64_t inode_size = reader_.u16(kSuperblock + 0x58);
    if (per_group == 0 || inode_size < 128 || inodes > reader_.size() / inode_size) return {};
    const bool wide = (reader_.u32(kSuperblock + 0x60) & kWideDescriptors) != 0;
    const std::uint64_t descriptor = wide ? reader_.u16(kSuperblock + 0xfe) : 32;
    const std::uint64_t descriptors = (block_ == 1024 ? 2 : 1) * block_;
    std::vector<FileExtents> list;
    for (std::uint64_t i = 0; i < inodes; ++i) {
      const std::uint64_t group = descriptors + i / per_group * descriptor;
      std::uint64_t table = reader_.u32(group + 8);
      if (descriptor >= 64) table |= std::uint64_t{reader_.u32(group + 0x28)} << 32;
      add_file(table * block_ + i % per_group * inode_size, list);
    }
    return list;
  }

 private:
  void add_file(std::uint64_t inode, std::vector<FileExtents>& list) {
    const bool regular = (reader_.u16(inode) & 0xf000) == 0x8000;
    if (!regular || (reader_.u32(inode + 0x20) & kUsesExtents) == 0) return;
    FileExtents file;
    file.size = reader_.u32(inode + 4) | std::uint64_t{reader_.u32(inode + 0x6c)} << 32;
    if (file.size < kLeastFile || file.size > reader_.size()) return;
    if (!add_extents(inode + 0x28, file, kDeepestTree) || file.extents.empty()) return;
    std::sort(file.extents.begin(), file.extents.end(),
              [](const Extent& a, const Extent& b) { return a.file_offset < b.file_offset; });
    if (ascending(file)) list.push_back(std::move(file));
  }

  bool add_extents(std::uint64_t node, FileExtents& file, unsigned depth_left) {
    if (reader_.u16(node) != kExtentMagic) return false;
    const std::uint32_t entries = reader_.u16(node + 2);
    const bool leaf = reader_.u16(node + 6) == 0;
    if (!leaf && depth_left == 0) return false;
    for (std::uint32_t i = 0; i < entries && file.extents.size() < kMostExtents; ++i) {
      const std::uint64_t entry = node + 12 + 12 * std::uint64_t{i};
      if (leaf) {
        add_extent(entry, file);
      } else {
        const std::uint64_t child = reader_.u32(entry + 4) | std::uint64_t{reader_.u16(entry + 8)} << 32;
        if (child >= reader_.size() / block_ || !add_extents(child * block_, file, depth_left - 1))
          return false;
      }
    }
    return true;
  }

  void add_extent(std::uint64_t entry, FileExtents& file) {
    const std::uint64_t blocks = reader_.u16(entry + 4);
    if (blocks == 0 || blocks > 32768) return;  // more means: reserved, reads as zeros
    const std::uint64_t at = reader_.u32(entry) * block_;
    const std::uint64_t physical = reader_.u32(entry + 8) | std::uint64_t{reader_.u16(entry + 6)} << 32;
    if (at >= file.size || physical >= reader_.size() / block_) return;
    const std::uint64_t length = std::min(blocks * block_, file.size - at);
    if (length > reader_.size() - physical * block_) return;
    file.extents.push_back({at, length, physical * block_});
  }

  static bool ascending(const FileExtents& file) {
    std::uint64_t in_file = 0;
    std::uint64_t in_image = 0;
    for (const Extent& extent : file.extents) {
      if (extent.file_offset < in_file || extent.image_offset < in_image) return false;
      in_file = extent.file_offset + extent.length;
      in_image = extent.image_offset + extent.length;
    }
    return true;
  }

  ImageReader reader_;
  std::uint64_t block_ = 0;
};

}  // namespace

std::vector<FileExtents> ext4_files(const Source& image) { return Ext4(image).files(); }

}  // namespace skiff::typing
