#include "typing/ext4.hpp"

#include <algorithm>
#include <map>
#include <optional>

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
constexpr std::uint64_t kEntryHeader = 8;  ///< of a folder's entry, before its name
constexpr std::uint64_t kRootInode = 2;
constexpr std::uint64_t kFirstInode = 11;  ///< those before are the file system's own
constexpr unsigned kDeepestFolder = 64;

class Ext4 {
 public:
  explicit Ext4(const Source& image) : reader_(image) {}

  /// Reads the superblock; false if there is none that makes sense.
  bool open() {
    if (reader_.size() < 2 * kSuperblock || reader_.u16(kSuperblock + 0x38) != kMagic) return false;
    const std::uint32_t block_bits = 10 + reader_.u32(kSuperblock + 0x18);
    if (block_bits > 16) return false;
    block_ = std::uint64_t{1} << block_bits;
    inodes_ = reader_.u32(kSuperblock);
    per_group_ = reader_.u32(kSuperblock + 0x28);
    inode_size_ = reader_.u16(kSuperblock + 0x58);
    if (per_group_ == 0 || inode_size_ < 128 || inodes_ > reader_.size() / inode_size_) return false;
    const bool wide = (reader_.u32(kSuperblock + 0x60) & kWideDescriptors) != 0;
    descriptor_ = wide ? reader_.u16(kSuperblock + 0xfe) : 32;
    return true;
  }

  std::vector<FileExtents> files() {
    std::vector<FileExtents> list;
    for (std::uint64_t number = 1; number <= inodes_; ++number) {
      auto file = file_of(number, kRegular);
      if (file && file->size >= kLeastFile && ascending(*file)) list.push_back(std::move(*file));
    }
    return list;
  }

  std::vector<std::uint64_t> times() {
    std::vector<std::uint64_t> list;
    for (std::uint64_t number = kFirstInode; number <= inodes_; ++number) {
      const std::uint64_t inode = inode_at(number);
      if ((reader_.u16(inode) & 0xf000) == kRegular) list.push_back(reader_.u32(inode + 0x10));
    }
    return list;
  }

  std::vector<NamedFile> named_files() {
    std::vector<NamedFile> list;
    read_folders();
    for (std::uint64_t number = 1; number <= inodes_; ++number) {
      auto file = file_of(number, kRegular);
      if (file) list.push_back({path_of(number), std::move(*file)});
    }
    return list;
  }

 private:
  enum FileType : std::uint16_t { kFolder = 0x4000, kRegular = 0x8000 };
  /// The name of an inode and the folder it is in.
  struct Entry {
    std::uint64_t folder = 0;
    std::string name;
  };

  std::uint64_t inode_at(std::uint64_t number) {
    const std::uint64_t index = number - 1;
    if (const std::uint64_t group = index / per_group_; group != group_) {
      group_ = group;
      const std::uint64_t descriptors = (block_ == 1024 ? 2 : 1) * block_;
      const std::uint64_t descriptor = descriptors + group * descriptor_;
      table_ = reader_.u32(descriptor + 8);
      if (descriptor_ >= 64) table_ |= std::uint64_t{reader_.u32(descriptor + 0x28)} << 32;
    }
    return table_ * block_ + index % per_group_ * inode_size_;
  }

  /// The extents of an inode of that type; nothing if it has none.
  std::optional<FileExtents> file_of(std::uint64_t number, FileType type) {
    const std::uint64_t inode = inode_at(number);
    if ((reader_.u16(inode) & 0xf000) != type || (reader_.u32(inode + 0x20) & kUsesExtents) == 0)
      return std::nullopt;
    FileExtents file;
    file.size = reader_.u32(inode + 4) | std::uint64_t{reader_.u32(inode + 0x6c)} << 32;
    if (file.size > reader_.size()) return std::nullopt;
    if (!add_extents(inode + 0x28, file, kDeepestTree) || file.extents.empty()) return std::nullopt;
    std::sort(file.extents.begin(), file.extents.end(),
              [](const Extent& a, const Extent& b) { return a.file_offset < b.file_offset; });
    return file;
  }

  void read_folders() {
    for (std::uint64_t number = kRootInode; number <= inodes_; ++number) {
      const auto folder = file_of(number, kFolder);
      if (!folder) continue;
      for (const Extent& extent : folder->extents) {
        for (std::uint64_t at = 0; at < extent.length; at += block_)
          read_entries(extent.image_offset + at, number);
      }
    }
  }

  /// The entries of one block of a folder. Those of an index look as if they were deleted.
  void read_entries(std::uint64_t block, std::uint64_t folder) {
    for (std::uint64_t at = 0; at + kEntryHeader <= block_;) {
      const std::uint64_t number = reader_.u32(block + at);
      const std::uint64_t length = reader_.u16(block + at + 4);
      const std::uint64_t name_length = reader_.number(block + at + 6, 1);
      if (length < kEntryHeader || length > block_ - at || name_length > length - kEntryHeader) return;
      if (number != 0 && number <= inodes_) {
        std::string name;
        for (std::uint64_t i = 0; i < name_length; ++i)
          name.push_back(static_cast<char>(reader_.number(block + at + kEntryHeader + i, 1)));
        if (name != "." && name != "..") entries_.try_emplace(number, Entry{folder, std::move(name)});
      }
      at += length;
    }
  }

  std::string path_of(std::uint64_t number) {
    std::string path;
    for (unsigned depth = 0; number != kRootInode && depth < kDeepestFolder; ++depth) {
      const auto entry = entries_.find(number);
      if (entry == entries_.end()) return "inode " + std::to_string(number) + path;
      path.insert(0, "/" + entry->second.name);
      number = entry->second.folder;
    }
    return path;
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
  std::uint64_t inodes_ = 0;
  std::uint64_t per_group_ = 0;
  std::uint64_t inode_size_ = 0;
  std::uint64_t descriptor_ = 0;             ///< length of one
  std::uint64_t group_ = ~std::uint64_t{0};  ///< whose descriptor was read last
  std::uint64_t table_ = 0;                  ///< where its inodes begin
  std::map<std::uint64_t, Entry> entries_;   ///< by inode
};

}  // namespace

bool is_ext4(const Source& image) { return Ext4(image).open(); }

std::vector<FileExtents> ext4_files(const Source& image) {
  Ext4 system(image);
  return system.open() ? system.files() : std::vector<FileExtents>{};
}

std::vector<std::uint64_t> ext4_times(const Source& image) {
  Ext4 system(image);
  return system.open() ? system.times() : std::vector<std::uint64_t>{};
}

std::vector<NamedFile> ext4_named_files(const Source& image) {
  Ext4 system(image);
  return system.open() ? system.named_files() : std::vector<NamedFile>{};
}

}  // namespace skiff::typing
