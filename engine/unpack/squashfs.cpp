#include "unpack/squashfs.hpp"

#include <algorithm>
#include <array>

#include "unpack/fields.hpp"

namespace skiff::unpack {
namespace {

constexpr std::size_t kSuperblock = 96;
constexpr std::uint32_t kMagic = 0x73717368;
constexpr std::uint64_t kMetadata = 8192;            ///< content of a metadata block at most
constexpr std::uint32_t kUnpackedMetadata = 0x8000;  ///< in a metadata block's header: stands as it is
constexpr std::uint32_t kUnpackedData = 1 << 24;     ///< in the length of a data block: likewise
constexpr std::uint64_t kNoTable = ~std::uint64_t{0};
constexpr std::uint32_t kNoFragment = 0xffffffff;
constexpr std::uint64_t kMaxBlock = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxTable = std::uint64_t{256}
                                    << 20;  ///< bytes of inodes, or of fragments, in memory
constexpr std::size_t kMaxPieces = std::size_t{1} << 22;

enum InodeType : std::uint16_t {
  kFolder = 1,
  kFile = 2,
  kLink = 3,
  kBlockDevice = 4,
  kCharDevice = 5,
  kFifo = 6,
  kSocket = 7,
  kLong = 7,  ///< added to each type: inodes with longer fields
};

class Reader {
 public:
  explicit Reader(const Source& image) : image_(image) {}

  std::optional<BlockSystem> read() {
    if (!read_superblock()) return std::nullopt;
    read_fragments();
    const Bytes inodes = read_chain(inode_table_, folder_table_);
    read_inodes(inodes);
    read_other_tables();
    sort_blocks(system_.blocks);
    return std::move(system_);
  }

 private:
  struct Fragment {
    std::uint64_t offset = 0;
    std::uint32_t length = 0;  ///< with kUnpackedData
  };

  bool read_superblock() {
    Bytes super(kSuperblock);
    if (image_.size() < kSuperblock || !image_.read_at(0, super)) return false;
    if (u32(super, 0) != kMagic || u16(super, 28) != 4) return false;
    inodes_ = u32(super, 4);
    block_ = u32(super, 12);
    fragments_ = u32(super, 16);
    end_ = std::min(u64(super, 40), image_.size());
    ids_ = u16(super, 26);
    id_table_ = u64(super, 48);
    inode_table_ = u64(super, 64);
    folder_table_ = u64(super, 72);
    fragment_table_ = u64(super, 80);
    export_table_ = u64(super, 88);
    return block_ >= 4096 && block_ <= kMaxBlock && read_codec(u16(super, 20));
  }

  bool read_codec(std::uint16_t id) {
    // By the id of the superblock: gzip, lzma, lzo, xz, lz4, zstd.
    constexpr std::array<std::optional<StreamCodec>, 7> kCodecs{
        std::nullopt,     StreamCodec::kZlib, std::nullopt,      StreamCodec::kLzo,
        StreamCodec::kXz, StreamCodec::kLz4,  StreamCodec::kZstd};
    if (id >= kCodecs.size() || !kCodecs[id] || repacker_of(all_repackers(), *kCodecs[id]) == nullptr)
      return false;
    system_.codec = *kCodecs[id];
    return true;
  }

  [[nodiscard]] bool inside(std::uint64_t offset, std::uint64_t length) const {
    return offset <= end_ && length <= end_ - offset;
  }

  /// Appends the content of the metadata block at `at`, and moves on past it. False if there is none.
  bool read_metadata(std::uint64_t& at, Bytes& content) {
    Bytes header(2);
    if (!inside(at, 2) || !image_.read_at(at, header)) return false;
    const auto word = u16(header, 0);
    const std::uint64_t length = word & (kUnpackedMetadata - 1);
    at += 2;
    if (length == 0 || length > kMetadata || !inside(at, length)) return false;
    const std::uint64_t offset = at;
    at += length;
    if ((word & kUnpackedMetadata) != 0) {
      const std::size_t before = content.size();
      content.resize(before + static_cast<std::size_t>(length));
      return image_.read_at(offset, MutableBytes(content).subspan(before)).has_value();
    }
    FoundStream stream{.codec = system_.codec, .offset = offset, .length = length, .opened = {}};
    Budget budget{kMetadata};
    if (!decode_found(image_, stream, budget) || stream.length != length) return false;
    system_.blocks.push_back({.offset = offset, .length = length, .longest = kMetadata});
    content.insert(content.end(), stream.opened.begin(), stream.opened.end());
    return true;
  }

  /// The content of metadata blocks that follow each other from `at` up to `end`.
  Bytes read_chain(std::uint64_t at, std::uint64_t end) {
    Bytes content;
    while (at < std::min(end, end_) && content.size() < kMaxTable && read_metadata(at, content)) {
    }
    return content;
  }

  /// A table whose metadata blocks are found through a list of offsets at `list`.
  Bytes read_listed(std::uint64_t list, std::uint64_t length) {
    Bytes content;
    if (list == kNoTable || length > kMaxTable) return content;
    const std::uint64_t count = (length + kMetadata - 1) / kMetadata;
    if (!inside(list, 8 * count)) return content;
    Bytes offsets(static_cast<std::size_t>(8 * count));
    if (!image_.read_at(list, offsets)) return content;
    for (std::size_t i = 0; i < offsets.size(); i += 8) {
      auto at = u64(offsets, i);
      first_listed_ = std::min(first_listed_, at);
      if (!read_metadata(at, content)) break;
    }
    return content;
  }

  void read_fragments() {
    constexpr std::size_t kEntry = 16;
    const Bytes entries = read_listed(fragment_table_, std::uint64_t{kEntry} * fragments_);
    for (std::size_t at = 0; at + kEntry <= entries.size(); at += kEntry) {
      const Fragment fragment{u64(entries, at), u32(entries, at + 8)};
      fragment_list_.push_back(fragment);
      add_block(fragment.offset, fragment.length);
    }
  }

  /// False if it does not lie in the image.
  bool add_block(std::uint64_t offset, std::uint32_t length) {
    const std::uint64_t bytes = length & (kUnpackedData - 1);
    if (!inside(offset, bytes) || bytes > block_) return false;
    if (bytes != 0 && (length & kUnpackedData) == 0)
      system_.blocks.push_back({.offset = offset, .length = bytes, .longest = block_});
    return true;
  }

  /// The whole length of the inode that `inode` begins with; 0 for a type that is not known.
  std::size_t length_of(ByteView inode, std::uint16_t type) {
    switch (type) {
      case kFolder:
        return 32;
      case kFile:
        return 32 + 4 * blocks_of(u32(inode, 28), u32(inode, 20));
      case kLink:
        return 24 + std::size_t{u32(inode, 20)};
      case kBlockDevice:
      case kCharDevice:
        return 24;
      case kFifo:
      case kSocket:
        return 20;
      case kFolder + kLong:
        return long_folder(inode);
      case kFile + kLong:
        return 56 + 4 * blocks_of(u64(inode, 24), u32(inode, 44));
      case kLink + kLong:
        return 28 + std::size_t{u32(inode, 20)};
      case kBlockDevice + kLong:
      case kCharDevice + kLong:
        return 28;
      case kFifo + kLong:
      case kSocket + kLong:
        return 24;
      default:
        return 0;
    }
  }

  static std::size_t long_folder(ByteView inode) {
    std::size_t at = 40;
    if (inode.size() < at) return 0;
    for (auto left = u16(inode, 32); left > 0; --left) {
      if (inode.size() < at + 12) return 0;
      at += 13 + std::size_t{u32(inode, at + 8) & 0xffff};
    }
    return at;
  }

  /// How many data blocks a file has, at most one more than there can be bytes of.
  [[nodiscard]] std::size_t blocks_of(std::uint64_t size, std::uint32_t fragment) const {
    const std::uint64_t whole = size / block_;
    const std::uint64_t count = fragment == kNoFragment && size % block_ != 0 ? whole + 1 : whole;
    return static_cast<std::size_t>(std::min<std::uint64_t>(count, kMaxTable));
  }

  void read_inodes(ByteView table) {
    constexpr std::size_t kLeast = 20;
    for (std::uint32_t i = 0; i < inodes_ && table.size() >= kLeast; ++i) {
      const auto type = u16(table, 0);
      const std::size_t length = length_of(table, type);
      if (length == 0 || length > table.size()) return;
      if (type == kFile || type == kFile + kLong) read_file(table.first(length), type != kFile);
      table = table.subspan(length);
    }
  }

  void read_file(ByteView inode, bool longer) {
    PackedFile file;
    file.size = longer ? u64(inode, 24) : u32(inode, 28);
    const std::uint32_t fragment = longer ? u32(inode, 44) : u32(inode, 20);
    const std::uint32_t fragment_offset = longer ? u32(inode, 48) : u32(inode, 24);
    std::uint64_t at = longer ? u64(inode, 16) : u32(inode, 16);
    std::uint64_t done = 0;
    for (std::size_t i = longer ? 56 : 32; i < inode.size(); i += 4) {
      const std::uint64_t length = std::min(block_, file.size - done);
      if (!add_block(at, u32(inode, i))) return;
      const std::uint64_t bytes = u32(inode, i) & (kUnpackedData - 1);
      if (bytes != 0) add_piece(file, {done, length, at, 0});
      at += bytes;
      done += length;
    }
    if (fragment < fragment_list_.size() && file.size > done && fragment_offset < block_)
      add_piece(file, {done, std::min(block_ - fragment_offset, file.size - done),
                       fragment_list_[fragment].offset, fragment_offset});
    if (!file.pieces.empty()) system_.files.push_back(std::move(file));
  }

  void add_piece(PackedFile& file, const FilePiece& piece) {
    if (pieces_ == kMaxPieces) return;
    ++pieces_;
    file.pieces.push_back(piece);
  }

  void read_other_tables() {
    read_listed(export_table_, std::uint64_t{8} * inodes_);
    read_listed(id_table_, std::uint64_t{4} * ids_);
    read_chain(folder_table_, first_listed_);
  }

  const Source& image_;
  BlockSystem system_;
  std::uint32_t inodes_ = 0;
  std::uint64_t block_ = 0;
  std::uint32_t fragments_ = 0;
  std::uint16_t ids_ = 0;
  std::uint64_t end_ = 0;  ///< of the file system in the image
  std::uint64_t id_table_ = 0;
  std::uint64_t inode_table_ = 0;
  std::uint64_t folder_table_ = 0;
  std::uint64_t fragment_table_ = 0;
  std::uint64_t export_table_ = 0;
  std::uint64_t first_listed_ = kNoTable;  ///< the first metadata block of the tables after the folders
  std::vector<Fragment> fragment_list_;
  std::size_t pieces_ = 0;
};

}  // namespace

std::optional<BlockSystem> read_squashfs(const Source& image) { return Reader(image).read(); }

}  // namespace skiff::unpack
