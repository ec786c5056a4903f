// Block trees: those of dm-verity, and what of a changed image they tell.
#include "skiff/block_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "skiff/trust.hpp"

namespace skiff {
namespace {

Bytes image_of(std::size_t length) {
  Bytes image(length);
  std::uint32_t state = 1;
  for (std::uint8_t& byte : image) {
    state = (state * 1'103'515'245U + 12'345U) & 0x7fffffffU;
    byte = static_cast<std::uint8_t>(state >> 16U);
  }
  return image;
}

struct Tree {
  explicit Tree(const Bytes& image) {
    BytesSink sink;
    root = write_block_tree(ViewSource(image), sink).value();
    bytes = std::move(sink).take();
  }
  Result<std::vector<KnownBlock>> compare(const Bytes& image, std::size_t limit = 1'000) {
    return differing_blocks(ViewSource(image), root, limit, [&](std::uint64_t offset) -> Result<Bytes> {
      ++reads;
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
      return Bytes(begin, begin + kTreeBlock);
    });
  }

  Bytes bytes;
  Sha256 root;
  int reads = 0;
};

/// `veritysetup format --no-superblock --salt -` of cryptsetup 2.6.1 over image_of(blocks * 4096).
struct Published {
  std::size_t blocks;
  const char* root;
  const char* tree;  ///< SHA-256 of the file
};
constexpr Published kPublished[] = {
    {2, "b1734983539879d81c2504157d96906c172dd02a316569e0b51d2c220b4cca8e",
     "b1734983539879d81c2504157d96906c172dd02a316569e0b51d2c220b4cca8e"},
    {130, "984f3367130fd4fd8d1e2ba202975be34ffbd893c96582358a357f89663f8af9",
     "33071daf58c72247909225cdda73728528f3e0ecdfdd5781761c5e9d05428ad1"},
    {16'390, "39e4cfe365c987c4b270baef6ab70d2234e1a80f49aac4fafe9d3c680dbca71c",
     "d74f1cec05814a942a45ccbec8c9578a02d997d8f346a77b04e54a9f9a297677"},
};

TEST(BlockTree, IsThatOfVeritysetup) {
  for (const Published& published : kPublished) {
    const Tree tree(image_of(published.blocks * kTreeBlock));
    EXPECT_EQ(tree.root.hex(), published.root) << published.blocks;
    EXPECT_EQ(sha256(tree.bytes).hex(), published.tree) << published.blocks;
    EXPECT_EQ(tree.bytes.size(), tree_length(published.blocks * kTreeBlock));
  }
}

TEST(BlockTree, TellsExactlyTheBlocksThatDiffer) {
  for (const std::size_t length :
       {std::size_t{1}, std::size_t{4'096}, std::size_t{4'097}, std::size_t{128 * 4'096},
        std::size_t{128 * 4'096 + 1}, std::size_t{300 * 4'096 - 5}}) {
    const Bytes image = image_of(length);
    Tree tree(image);
    EXPECT_EQ(tree.compare(image)->size(), 0U);
    EXPECT_EQ(tree.reads, 0) << "an image that is as it was asks for nothing";
    for (const std::size_t at : {std::size_t{0}, length / 2, length - 1}) {
      Bytes changed = image;
      changed[at] ^= 1;
      const auto differing = tree.compare(changed);
      ASSERT_TRUE(differing) << differing.error().text();
      ASSERT_EQ(differing->size(), 1U) << length << " at " << at;
      EXPECT_EQ(differing->front().index, at / kTreeBlock);
      const std::size_t begin = at / kTreeBlock * kTreeBlock;
      EXPECT_EQ(differing->front().digest, block_digest(ByteView(image).subspan(
                                               begin, std::min<std::size_t>(kTreeBlock, length - begin))));
    }
  }
}

TEST(BlockTree, AsksOnlyForWhatLiesAboveADifference) {
  Bytes image = image_of(16'390 * kTreeBlock);
  Tree tree(image);
  image[5'000 * kTreeBlock] ^= 1;
  image[5'001 * kTreeBlock] ^= 1;
  image[16'389 * kTreeBlock] ^= 1;
  const auto differing = tree.compare(image);
  ASSERT_EQ(differing->size(), 3U);
  EXPECT_EQ((*differing)[2].index, 16'389U);
  EXPECT_EQ(tree.reads, 1 + 2 + 2);
}

TEST(BlockTree, OneThatIsNotOfTheRootIsRefused) {
  Bytes image = image_of(300 * kTreeBlock);
  Tree tree(image);
  image[0] ^= 1;
  for (std::size_t at = 0; at < tree.bytes.size(); at += kTreeBlock) {
    tree.bytes[at] ^= 1;
    const auto differing = tree.compare(image);
    if (at < 2 * kTreeBlock) {
      ASSERT_FALSE(differing) << at;
      EXPECT_EQ(differing.error().kind, ErrorKind::kSignature);
    } else {
      EXPECT_TRUE(differing) << "not asked for";
    }
    tree.bytes[at] ^= 1;
  }
}

TEST(BlockTree, MoreThanTheLimitIsRefusedBeforeAllAreLookedFor) {
  Bytes image = image_of(300 * kTreeBlock);
  Tree tree(image);
  for (std::size_t at = 0; at < image.size(); at += kTreeBlock) image[at] ^= 1;
  EXPECT_EQ(tree.compare(image, 300)->size(), 300U);
  tree.reads = 0;
  EXPECT_EQ(tree.compare(image, 100).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(tree.reads, 2);
}

/// An image with a block that the medium gives no more.
class DecayedSource final : public Source {
 public:
  explicit DecayedSource(ByteView bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    constexpr std::uint64_t kGone = 7 * kTreeBlock;
    if (offset < kGone + kTreeBlock && offset + out.size() > kGone) return fail(ErrorKind::kIo, "gone");
    return bytes_.read_at(offset, out);
  }

 private:
  ViewSource bytes_;
};

TEST(BlockTree, ABlockThatCannotBeReadDiffers) {
  const Bytes image = image_of(10 * kTreeBlock);
  const Tree tree(image);
  const auto differing = differing_blocks(DecayedSource(image), tree.root, 5,
                                          [&](std::uint64_t) -> Result<Bytes> { return tree.bytes; });
  ASSERT_TRUE(differing);
  ASSERT_EQ(differing->size(), 1U);
  EXPECT_EQ(differing->front().index, 7U);
}

}  // namespace
}  // namespace skiff
