#include "diff/block_typing.hpp"

#include <algorithm>

#include "typing/image_typing.hpp"

namespace skiff {
namespace {

using typing::Extent;
using typing::FileExtents;
using unpack::BlockSystem;
using unpack::FilePiece;
using unpack::PackedBlock;
using unpack::Stretch;

constexpr std::uint64_t kLeastFile = 512;  ///< there is no shorter ELF file worth typing

/// Where the pieces of files are in one opened form of an image.
class Places {
 public:
  Places(const BlockSystem& system, const unpack::Layout& layout) : system_(system), layout_(layout) {}

  [[nodiscard]] FileExtents of(const unpack::PackedFile& file) const {
    FileExtents out{file.size, {}};
    for (const FilePiece& piece : file.pieces) add(out, piece);
    return out;
  }

 private:
  void add(FileExtents& file, const FilePiece& piece) const {
    auto stretch = std::lower_bound(layout_.stretches.begin(), layout_.stretches.end(), piece.block,
                                    [](const Stretch& s, std::uint64_t at) { return s.stream_at < at; });
    if (stretch == layout_.stretches.end()) return;
    if (stretch->stream_at != piece.block || stretch->opened == 0) {
      if (is_packed(piece.block)) return;
      if (piece.block < stretch->packed_at) return;
      const std::uint64_t in_plain = piece.block - stretch->packed_at + piece.block_offset;
      if (in_plain > stretch->plain || piece.length > stretch->plain - in_plain) return;
      append(file, {piece.file_offset, piece.length, stretch->plain_at + in_plain});
      return;
    }
    const std::uint64_t end = piece.block_offset + piece.length;
    for (; stretch != layout_.stretches.end() && stretch->stream_at == piece.block; ++stretch) {
      const std::uint64_t from = std::max(piece.block_offset, stretch->from);
      const std::uint64_t to = std::min(end, stretch->from + stretch->opened);
      if (from >= to) continue;
      append(file, {piece.file_offset + (from - piece.block_offset), to - from,
                    stretch->content_at + (from - stretch->from)});
    }
  }

  [[nodiscard]] bool is_packed(std::uint64_t offset) const {
    const auto block = std::lower_bound(system_.blocks.begin(), system_.blocks.end(), offset,
                                        [](const PackedBlock& b, std::uint64_t at) { return b.offset < at; });
    return block != system_.blocks.end() && block->offset == offset;
  }

  static void append(FileExtents& file, const Extent& next) {
    if (!file.extents.empty()) {
      Extent& last = file.extents.back();
      if (last.file_offset + last.length == next.file_offset &&
          last.image_offset + last.length == next.image_offset) {
        last.length += next.length;
        return;
      }
    }
    file.extents.push_back(next);
  }

  const BlockSystem& system_;
  const unpack::Layout& layout_;
};

}  // namespace

ImageTyping type_blocks(const BlockSystem& system, const Source& whole, const unpack::Layout& all,
                        const unpack::Layout& opened) {
  std::vector<FileExtents> files;
  std::vector<FileExtents> places;
  const Places in_whole(system, all);
  const Places in_opened(system, opened);
  for (const unpack::PackedFile& file : system.files) {
    if (file.size < kLeastFile) continue;
    files.push_back(in_whole.of(file));
    places.push_back(in_opened.of(file));
  }
  return typing::type_files(whole, files, places);
}

}  // namespace skiff
