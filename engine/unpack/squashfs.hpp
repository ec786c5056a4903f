// squashfs 4.0 images: which compressed blocks they are made of, and where the bytes of their files are
// (Linux, Documentation/filesystems/squashfs).
#pragma once

#include <optional>
#include <vector>

#include "unpack/stream_codec.hpp"

namespace skiff::unpack {

/// A block of data, fragments or metadata, as it lies in the image, packed.
struct SquashBlock {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Bytes [file_offset, file_offset + length) of a file are in the block that lies at `block`, from
/// `block_offset` of its content on. A block that is not packed is its own content.
struct SquashPiece {
  std::uint64_t file_offset = 0;
  std::uint64_t length = 0;
  std::uint64_t block = 0;
  std::uint64_t block_offset = 0;
};

/// A regular file: its size, and its pieces in order, apart. What lies between pieces reads as zeros.
struct SquashFile {
  std::uint64_t size = 0;
  std::vector<SquashPiece> pieces;
};

struct Squashfs {
  StreamCodec codec = StreamCodec::kZlib;  ///< of its blocks
  std::uint64_t longest = 0;               ///< content of a block in bytes at most
  std::vector<SquashBlock> blocks;         ///< in order, apart, within the image; packed ones only
  std::vector<SquashFile> files;           ///< in the order of the inode table
};

/// Nothing if the image is no such file system, or one of a codec that is not opened. Whatever makes no sense
/// is left out: an image that is broken has fewer blocks, or files, than one that is whole.
std::optional<Squashfs> read_squashfs(const Source& image);

}  // namespace skiff::unpack
