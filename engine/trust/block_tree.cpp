#include "skiff/block_tree.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "skiff/trust.hpp"

namespace skiff {
namespace {

constexpr std::size_t kDigest = sizeof(Sha256::bytes);
constexpr std::uint64_t kFanOut = kTreeBlock / kDigest;

constexpr std::uint64_t blocks_of(std::uint64_t length, std::uint64_t size) {
  return length / size + (length % size == 0 ? 0 : 1);
}

/// Blocks of hashes that lie in a row in the tree.
struct Level {
  std::uint64_t offset = 0;  ///< in the tree
  std::uint64_t blocks = 0;
};

/// The lowest one, which has the hashes of the image's blocks, first.
std::vector<Level> levels_of(std::uint64_t image_length) {
  std::vector<Level> levels;
  for (std::uint64_t below = blocks_of(image_length, kTreeBlock); below > 1;) {
    below = blocks_of(below, kFanOut);
    levels.push_back({0, below});
  }
  std::uint64_t offset = 0;
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    level->offset = offset;
    offset += level->blocks * kTreeBlock;
  }
  return levels;
}

void append(Bytes& hashes, const Sha256& digest) {
  hashes.insert(hashes.end(), digest.bytes.begin(), digest.bytes.end());
}

/// Appends the hash of a block of the image; one that no block has where it cannot be read.
void append_block_hash(const Source& image, std::uint64_t index, Bytes& hashes) {
  const std::uint64_t offset = index * kTreeBlock;
  Bytes block(static_cast<std::size_t>(std::min(kTreeBlock, image.size() - offset)));
  append(hashes, image.read_at(offset, block) ? block_digest(block) : Sha256{});
}

Bytes filled_up(Bytes hashes) {
  hashes.resize(blocks_of(hashes.size(), kTreeBlock) * kTreeBlock);
  return hashes;
}

/// Block `index` of the lowest level.
Bytes lowest_hashes(const Source& image, std::uint64_t index) {
  const std::uint64_t end = std::min((index + 1) * kFanOut, blocks_of(image.size(), kTreeBlock));
  Bytes hashes;
  hashes.reserve(kTreeBlock);
  for (std::uint64_t block = index * kFanOut; block < end; ++block) append_block_hash(image, block, hashes);
  return filled_up(std::move(hashes));
}

/// The hashes of the blocks of a level, filled up to whole blocks: the level above it.
Bytes level_above(ByteView level) {
  Bytes hashes;
  for (; !level.empty(); level = level.subspan(kTreeBlock)) append(hashes, sha256(level.first(kTreeBlock)));
  return filled_up(std::move(hashes));
}

/// The tree of an image as it is here. Its lowest level is too long to be kept: it is made again block by
/// block.
class OwnTree {
 public:
  OwnTree(const Source& image, const std::vector<Level>& levels) : image_(image) {
    Bytes hashes;
    if (levels.empty()) append_block_hash(image, 0, hashes);
    for (std::uint64_t index = 0; !levels.empty() && index < levels.front().blocks; ++index) {
      append(hashes, sha256(lowest_hashes(image, index)));
    }
    uppers_.push_back(filled_up(std::move(hashes)));
    while (uppers_.size() < levels.size()) uppers_.push_back(level_above(uppers_.back()));
  }
  [[nodiscard]] bool has_root(const Sha256& root) const {
    return std::ranges::equal(root.bytes, ByteView(uppers_.back()).first(kDigest));
  }
  [[nodiscard]] Bytes block(std::size_t level, std::uint64_t index) const {
    if (level == 0) return lowest_hashes(image_, index);
    const ByteView hashes = ByteView(uppers_[level - 1]).subspan(index * kTreeBlock, kTreeBlock);
    return {hashes.begin(), hashes.end()};
  }

 private:
  const Source& image_;
  std::vector<Bytes> uppers_;  ///< from the second level on, and what would be above the highest: the root
};

Result<Bytes> tree_block(const TreeReader& read_tree, const Level& level, const KnownBlock& wanted) {
  const std::uint64_t offset = level.offset + wanted.index * kTreeBlock;
  SKIFF_ASSIGN(Bytes block, read_tree(offset));
  if (block.size() == kTreeBlock && sha256(block) == wanted.digest) return block;
  return fail(ErrorKind::kSignature,
              "the block tree at byte " + std::to_string(offset) + " is not the signed one");
}

/// Appends the children of one block of hashes that differ: `own` are those of this device.
void append_differing(ByteView signed_hashes, ByteView own, const KnownBlock& parent,
                      std::vector<KnownBlock>& differing) {
  for (std::uint64_t i = 0; i < kFanOut; ++i) {
    const ByteView digest = signed_hashes.subspan(i * kDigest, kDigest);
    if (std::ranges::equal(digest, own.subspan(i * kDigest, kDigest))) continue;
    KnownBlock child{.index = parent.index * kFanOut + i, .digest = {}};
    std::ranges::copy(digest, child.digest.bytes.begin());
    differing.push_back(child);
  }
}

}  // namespace

std::uint64_t tree_length(std::uint64_t image_length) {
  const std::vector<Level> levels = levels_of(image_length);
  return levels.empty() ? 0 : (levels.front().offset + levels.front().blocks * kTreeBlock);
}

Sha256 block_digest(ByteView block) {
  static constexpr std::array<std::uint8_t, kTreeBlock> kZeros{};
  const std::unique_ptr<Hasher> hasher = make_sha256();
  hasher->update(block);
  hasher->update(ByteView(kZeros).first(kTreeBlock - block.size()));
  return hasher->finish();
}

Result<Sha256> write_block_tree(const Source& image, Sink& tree) {
  Bytes hashes;
  Bytes block(static_cast<std::size_t>(std::min(kTreeBlock, image.size())));
  for (std::uint64_t at = 0; at < image.size(); at += kTreeBlock) {
    block.resize(static_cast<std::size_t>(std::min(kTreeBlock, image.size() - at)));
    SKIFF_TRY(image.read_at(at, block));
    append(hashes, block_digest(block));
  }
  std::vector<Bytes> uppers = {filled_up(std::move(hashes))};
  for (std::size_t n = levels_of(image.size()).size(); uppers.size() <= n;) {
    uppers.push_back(level_above(uppers.back()));
  }
  // The last one has nothing but the root.
  for (std::size_t level = uppers.size() - 1; level-- > 0;) SKIFF_TRY(tree.write(uppers[level]));
  Sha256 root;
  std::ranges::copy(ByteView(uppers.back()).first(kDigest), root.bytes.begin());
  return root;
}

Result<std::vector<KnownBlock>> differing_blocks(const Source& image, const Sha256& root, std::size_t limit,
                                                 const TreeReader& read_tree) {
  const std::vector<Level> levels = levels_of(image.size());
  const OwnTree own(image, levels);
  std::vector<KnownBlock> differing;
  if (!own.has_root(root)) differing.push_back({0, root});
  for (std::size_t level = levels.size(); level-- > 0;) {
    std::vector<KnownBlock> below;
    for (const KnownBlock& parent : differing) {
      SKIFF_ASSIGN(const Bytes hashes, tree_block(read_tree, levels[level], parent));
      append_differing(hashes, own.block(level, parent.index), parent, below);
      if (below.size() > limit) {
        return fail(ErrorKind::kLimit, "more than " + std::to_string(limit) + " blocks differ");
      }
    }
    differing = std::move(below);
  }
  return differing;
}

}  // namespace skiff
