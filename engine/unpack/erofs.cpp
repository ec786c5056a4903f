#include "unpack/erofs.hpp"

#include <algorithm>
#include <set>

#include "unpack/erofs_index.hpp"
#include "unpack/fields.hpp"

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kSuperblockAt = 1024;
constexpr std::size_t kSuperblock = 128;
constexpr std::uint32_t kMagic = 0xe0f5e1e2;
constexpr std::uint32_t kZerosAhead = 1;  ///< packed bytes end with their block
constexpr std::uint32_t kNamesAlgorithms = 2;
constexpr std::uint32_t kKnownFeatures = 0x7f;
constexpr std::uint64_t kInodeUnit = 32;
constexpr std::uint64_t kMaxClusters = std::uint64_t{1} << 22;  ///< of all files: 16 GiB of content
constexpr std::size_t kEntry = 12;                              ///< of a folder, without its name
constexpr std::uint64_t kIndexHeader = 8;

enum FileType : std::uint8_t { kRegular = 1, kFolder = 2 };
enum DataLayout : std::uint8_t { kFlat = 0, kFullIndex = 1, kFlatInline = 2, kCompactIndex = 3 };

enum Algorithm : std::uint8_t { kLz4 = 0, kLzma = 1 };

/// Of an index's header.
enum Advice : std::uint16_t { kShortEntries = 1, kLarge = 6, kTailElsewhere = 0x28 };

struct Inode {
  std::uint8_t layout = kFlat;
  std::uint64_t size = 0;
  std::uint64_t block = 0;  ///< of flat data
  std::uint64_t end = 0;    ///< where what follows it begins in the image: a tail, or an index
};

class Reader {
 public:
  explicit Reader(const Source& image) : image_(image) {}

  std::optional<BlockSystem> read() {
    if (!read_superblock()) return std::nullopt;
    system_.codec = algorithm_ == kLzma ? StreamCodec::kMicroLzma : StreamCodec::kLz4;
    system_.phase = block_bits_;
    std::vector<std::uint64_t> folders{root_};
    seen_.insert(root_);
    while (!folders.empty()) {
      const std::uint64_t folder = folders.back();
      folders.pop_back();
      read_folder(folder, folders);
    }
    sort_blocks(system_.blocks);
    if (system_.blocks.empty()) return std::nullopt;
    return std::move(system_);
  }

 private:
  bool read_superblock() {
    Bytes super(kSuperblock);
    if (image_.size() < kSuperblockAt + kSuperblock || !image_.read_at(kSuperblockAt, super)) return false;
    if (u32(super, 0) != kMagic) return false;
    block_bits_ = super[12];
    root_ = u16(super, 14);
    metadata_ = std::uint64_t{u32(super, 40)} << block_bits_ % 32;
    const std::uint32_t features = u32(super, 80);
    const std::uint32_t algorithms = (features & kNamesAlgorithms) != 0 ? u16(super, 84) : 1U << kLz4;
    if ((algorithms & 1U << kLz4) == 0) algorithm_ = kLzma;
    return block_bits_ >= 9 && block_bits_ <= 16 && (features & kZerosAhead) != 0 &&
           (features & ~kKnownFeatures) == 0;
  }

  [[nodiscard]] std::uint64_t block_size() const { return std::uint64_t{1} << block_bits_; }
  [[nodiscard]] bool inside(std::uint64_t offset, std::uint64_t length) const {
    return offset <= image_.size() && length <= image_.size() - offset;
  }

  /// Bytes of the image; empty if they are not all there.
  Bytes bytes_at(std::uint64_t offset, std::uint64_t length) const {
    if (!inside(offset, length)) return {};
    Bytes bytes(static_cast<std::size_t>(length));
    if (!image_.read_at(offset, bytes)) bytes.clear();
    return bytes;
  }

  std::optional<Inode> inode(std::uint64_t number) const {
    constexpr std::size_t kShort = 32;
    constexpr std::size_t kLong = 64;
    if (number > image_.size() / kInodeUnit) return std::nullopt;
    const std::uint64_t at = metadata_ + kInodeUnit * number;
    Bytes bytes = bytes_at(at, kShort);
    if (bytes.empty()) return std::nullopt;
    const bool longer = (bytes[0] & 1) != 0;
    const std::uint64_t attributes = u16(bytes, 2);
    Inode inode{.layout = static_cast<std::uint8_t>(u16(bytes, 0) >> 1 & 7),
                .size = longer ? u64(bytes, 8) : u32(bytes, 8),
                .block = u32(bytes, 16),
                .end = at + (longer ? kLong : kShort)};
    if (attributes != 0) inode.end += 12 + 4 * (attributes - 1);
    return inode;
  }

  /// Where the bytes of a file that is not packed are: whole blocks, and what follows the inode.
  [[nodiscard]] std::vector<FilePiece> flat_pieces(const Inode& inode) const {
    const std::uint64_t tail = inode.layout == kFlatInline ? inode.size % block_size() : 0;
    const std::uint64_t whole = inode.size - tail;
    std::vector<FilePiece> pieces;
    if (whole != 0) pieces.push_back({0, whole, inode.block << block_bits_, 0});
    if (tail != 0) pieces.push_back({whole, tail, inode.end, 0});
    const bool lie = std::all_of(pieces.begin(), pieces.end(), [this](const FilePiece& piece) {
      return inside(piece.block, piece.length);
    });
    if (!lie) pieces.clear();
    return pieces;
  }

  void read_folder(std::uint64_t number, std::vector<std::uint64_t>& folders) {
    const auto folder = inode(number);
    if (!folder || (folder->layout != kFlat && folder->layout != kFlatInline)) return;
    if (folder->size > image_.size() - folder_bytes_) return;  // there is no image of so many entries
    folder_bytes_ += folder->size;
    for (const FilePiece& piece : flat_pieces(*folder)) {
      for (std::uint64_t at = 0; at < piece.length; at += block_size())
        read_entries(bytes_at(piece.block + at, std::min(block_size(), piece.length - at)), folders);
    }
  }

  /// Entries of a block of a folder; the first one's name begins where they end.
  void read_entries(ByteView block, std::vector<std::uint64_t>& folders) {
    const std::size_t end = std::min<std::size_t>(u16(block, 8), block.size());
    for (std::size_t at = 0; at + kEntry <= end; at += kEntry) {
      const std::uint64_t number = u64(block, at);
      const std::uint8_t type = block[at + 10];
      if ((type != kRegular && type != kFolder) || !seen_.insert(number).second) continue;
      if (type == kFolder)
        folders.push_back(number);
      else
        read_file(number);
    }
  }

  void read_file(std::uint64_t number) {
    const auto file = inode(number);
    if (!file || file->size == 0) return;
    PackedFile out{.size = file->size, .pieces = {}};
    if (file->layout == kFlat || file->layout == kFlatInline)
      out.pieces = flat_pieces(*file);
    else if (file->layout == kFullIndex || file->layout == kCompactIndex)
      read_packed(*file, out);
    if (!out.pieces.empty()) system_.files.push_back(std::move(out));
  }

  void read_packed(const Inode& file, PackedFile& out) {
    const std::uint64_t header_at = (file.end + 7) / 8 * 8;
    const Bytes header = bytes_at(header_at, kIndexHeader);
    if (header.empty() || (header[7] & 0x80) != 0) return;  // the whole file is a fragment
    const std::uint16_t advice = u16(header, 4);
    ErofsIndexForm form{.at = header_at + kIndexHeader,
                        .cluster_bits = block_bits_ + (header[7] & 7U),
                        .compact = file.layout == kCompactIndex,
                        .short_entries = (advice & kShortEntries) != 0,
                        .large = (advice & kLarge) != 0};
    if (form.cluster_bits > 14) return;
    form.clusters = ((file.size - 1) >> form.cluster_bits) + 1;
    if (form.clusters > kMaxClusters - clusters_) return;
    clusters_ += form.clusters;
    if (!form.compact) form.at += kIndexHeader;
    std::vector<ErofsExtent> extents = read_index(form, bytes_at(form.at, length_of(form)));
    const bool tail_elsewhere = (advice & kTailElsewhere) != 0;
    for (std::size_t i = 0; i + (tail_elsewhere ? 1 : 0) < extents.size(); ++i) {
      const std::uint64_t end = i + 1 < extents.size() ? extents[i + 1].start : file.size;
      const unsigned algorithm = extents[i].algorithm == 0 ? header[6] & 15U : header[6] >> 4U;
      add_extent(extents[i], end, algorithm == algorithm_, out);
    }
  }

  void add_extent(const ErofsExtent& extent, std::uint64_t end, bool is_opened, PackedFile& file) {
    const std::uint64_t at = extent.block << block_bits_;
    const std::uint64_t length = extent.blocks << block_bits_;
    if (end <= extent.start || !inside(at, length) || (extent.packed && !is_opened)) return;
    const FilePiece piece{extent.start, end - extent.start, at, 0};
    if (extent.packed) {
      auto& blocks = system_.blocks;
      const bool goes_on = !file.pieces.empty() && !blocks.empty() &&
                           blocks.back().offset == file.pieces.back().block &&
                           blocks.back().offset + blocks.back().length == at &&
                           file.pieces.back().file_offset + file.pieces.back().length == extent.start;
      blocks.push_back({at, length, piece.length, extent.start, goes_on});
    } else if (piece.length > length) {
      return;
    }
    file.pieces.push_back(piece);
  }

  const Source& image_;
  BlockSystem system_;
  unsigned block_bits_ = 0;
  Algorithm algorithm_ = kLz4;  ///< whose blocks are opened: lzma only in an image that has none of lz4
  std::uint64_t root_ = 0;
  std::uint64_t metadata_ = 0;  ///< where inodes are counted from
  std::set<std::uint64_t> seen_;
  std::uint64_t clusters_ = 0;
  std::uint64_t folder_bytes_ = 0;
};

}  // namespace

std::optional<BlockSystem> read_erofs(const Source& image) { return Reader(image).read(); }

}  // namespace skiff::unpack
