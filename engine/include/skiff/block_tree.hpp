// Block tree: the hashes of an image's blocks, by which a device finds out which of its own differ, and
// fetches just those.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "skiff/digest.hpp"
#include "skiff/io.hpp"

namespace skiff {

inline constexpr std::uint64_t kTreeBlock = 4096;  ///< bytes of a block, of the image and of its tree

/// Bytes of the tree of an image: 0 where the image is one block, whose hash then is the root.
std::uint64_t tree_length(std::uint64_t image_length);

/// Writes the tree of an image that is not empty and returns its root. It is the hash tree of dm-verity
/// (Linux, admin-guide/device-mapper/verity): version 1, SHA-256, blocks of 4096 bytes, no salt, no
/// superblock; levels from the top down; the last block of an image is filled up with zeros. Memory: as long
/// as the tree.
Result<Sha256> write_block_tree(const Source& image, Sink& tree);

/// A block of an image, and what it should hash to.
struct KnownBlock {
  std::uint64_t index = 0;
  Sha256 digest;
  bool operator==(const KnownBlock&) const = default;
};

/// SHA-256 of a block of an image; the last one of an image may be shorter than the others.
Sha256 block_digest(ByteView block);

/// Brings the kTreeBlock bytes at `offset` of a tree.
using TreeReader = std::function<Result<Bytes>(std::uint64_t offset)>;

/// The blocks in which `image` differs from the one whose tree has this root, in order; one that cannot be
/// read differs. Reads the image once and a part of it twice, and asks `read_tree` only for what lies above a
/// difference. Memory: a 16,384th of the image. Errors: kSignature where a block of the tree is not of this
/// root, kLimit where more than `limit` blocks differ, and those of `read_tree`.
Result<std::vector<KnownBlock>> differing_blocks(const Source& image, const Sha256& root, std::size_t limit,
                                                 const TreeReader& read_tree);

}  // namespace skiff
