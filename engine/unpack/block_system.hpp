// BlockSystem: a file system whose files lie in compressed blocks: which these are, and where the bytes of
// files are in them.
#pragma once

#include <optional>
#include <vector>

#include "unpack/stream_codec.hpp"

namespace skiff::unpack {

/// A block of data, fragments or metadata, as it lies in the image, packed.
struct PackedBlock {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t longest = 0;  ///< content in bytes at most
  std::uint64_t place = 0;    ///< where in its file its content begins, where that is no multiple of blocks
  bool goes_on = false;  ///< its content follows that of the block before it in the image, in the same file
};

/// Bytes [file_offset, file_offset + length) of a file are in the block that lies at `block`, from
/// `block_offset` of its content on. A block that is not packed is its own content.
struct FilePiece {
  std::uint64_t file_offset = 0;
  std::uint64_t length = 0;
  std::uint64_t block = 0;
  std::uint64_t block_offset = 0;
};

/// A regular file: its size, and its pieces in order, apart. What lies between pieces reads as zeros.
struct PackedFile {
  std::uint64_t size = 0;
  std::vector<FilePiece> pieces;
};

struct BlockSystem {
  StreamCodec codec = StreamCodec::kZlib;  ///< of its blocks
  std::uint64_t phase = 0;  ///< what stands as it is begins at multiples of 1 << phase, and is compared so
  std::vector<PackedBlock> blocks;  ///< in order, apart, within the image; packed ones only
  std::vector<PackedFile> files;    ///< those that have bytes
};

/// The squashfs or erofs that an image is. Nothing if it is neither, or of a codec that is not opened.
std::optional<BlockSystem> read_block_system(const Source& image);

/// Puts blocks in order; of those that overlap the first stays.
void sort_blocks(std::vector<PackedBlock>& blocks);

}  // namespace skiff::unpack
