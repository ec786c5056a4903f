// A running slot that differs from its image: mended block by block where the server has the image, else
// given up.
#include <gtest/gtest.h>

#include "skiff/block_tree.hpp"
#include "skiff/trust.hpp"
#include "tests/agent/power_cut.hpp"
#include "tests/agent/small_device.hpp"

namespace skiff::testing {
namespace {

using agent::Slot;

/// The server has the base and its block tree, and the deltas role vouches for both.
void store_base(SmallDevice& device) {
  DeltaOffer& delta = device.server.installation.delta;
  const Bytes& base = SmallDevice::image(Slot::kA);
  BytesSink tree;
  const Sha256 root = *write_block_tree(ViewSource(base), tree);
  delta.stored_base = StoredBase{"releases/small-1.img", root, sha256(tree.bytes())};
  device.server.stored["/v1/targets/" + delta.stored_base->tree_wire_path()] = tree.bytes();
  device.server.stored["/v1/targets/" + delta.stored_base->image_wire_path(delta.base)] = base;
}

void flip_blocks(SmallDevice& device, std::initializer_list<std::size_t> blocks) {
  Bytes content = device.slot_content(Slot::kA);
  for (const std::size_t block : blocks) content[block * kTreeBlock + 77] ^= 1;
  device.storage.put("slot-a", content);
}

std::uint64_t bytes_of(const SmallDevice& device, std::string_view kind) {
  return *unsigned_member(**object_member(device.server.reports.begin()->second, "bytes"), kind);
}

TEST(Repair, ABaseThatDiffersInABlockCostsThatBlockAndNoSegmentTwice) {
  SmallDevice device;
  store_base(device);
  flip_blocks(device, {14});
  const Bytes spoilt = device.slot_content(Slot::kA);
  std::uint64_t fetched = 0;
  device.server.on_bytes = [&](ByteRange range) { fetched += range.length; };
  ASSERT_TRUE(device.converge(Fate::kKept, 0));
  EXPECT_EQ(device.last_outcome(), "committed");
  EXPECT_EQ(device.slot_content(Slot::kB), device.image(Slot::kB));
  EXPECT_EQ(device.slot_content(Slot::kA), spoilt) << "the running slot was written";
  // What had come behind the segment in the same piece is fetched again.
  EXPECT_LT(bytes_of(device, "wasted"), device.server.piece);
  EXPECT_EQ(bytes_of(device, "payload"), device.server.delta.size() + bytes_of(device, "wasted"));
  EXPECT_EQ(fetched, bytes_of(device, "payload") + 2 * kTreeBlock)
      << "one block of the tree, one of the image";
}

TEST(Repair, GoesOnOverALinkThatDrops) {
  SmallDevice device;
  store_base(device);
  flip_blocks(device, {14});
  device.server.drop_after = 1'500;
  ASSERT_TRUE(device.converge(Fate::kKept, 0));
  EXPECT_EQ(device.last_outcome(), "committed");
  EXPECT_LT(bytes_of(device, "wasted"), device.server.piece);
}

TEST(Repair, BlocksThatAreNotTheSignedOnesMendNothing) {
  SmallDevice device;
  store_base(device);
  flip_blocks(device, {14});
  for (auto& [path, content] : device.server.stored) content[14 * kTreeBlock % content.size()] ^= 1;
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.last_outcome(), "failed");
  const std::string reason = *string_member(device.server.reports.begin()->second, "reason");
  EXPECT_NE(reason.find("F27"), std::string::npos) << reason;
}

TEST(Repair, ABaseThatDiffersInManyBlocksIsNotMendedBlockByBlock) {
  SmallDevice device;
  store_base(device);
  flip_blocks(device, {3, 5, 14});
  ASSERT_EQ(agent::MendedBase::most_blocks(SmallDevice::image(Slot::kA).size()), 2U);
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.last_outcome(), "failed");
  ASSERT_TRUE(device.run());
  EXPECT_NE(device.server.check_ins.back().facts.running, device.server.installation.delta.base);
}

std::unique_ptr<SmallDevice> spoilt_device() {
  auto device = std::make_unique<SmallDevice>();
  store_base(*device);
  flip_blocks(*device, {2, 14});
  return device;
}

TEST(Repair, APowerCutAtAnyChangeCostsTheUpdateNothing) {
  const auto whole = spoilt_device();
  const std::uint64_t before = whole->storage.changes();
  ASSERT_TRUE(whole->converge(Fate::kKept, 0));
  const std::uint64_t changes = whole->storage.changes() - before;
  for (std::uint64_t change = 1; change <= changes; ++change) {
    const auto device = spoilt_device();
    device->storage.cut_after(change);
    ASSERT_TRUE(device->converge(kFates[change % kFates.size()], static_cast<unsigned>(change))) << change;
    EXPECT_EQ(device->last_outcome(), "committed") << change;
    EXPECT_EQ(device->slot_content(Slot::kB), device->image(Slot::kB)) << change;
  }
}

}  // namespace
}  // namespace skiff::testing
