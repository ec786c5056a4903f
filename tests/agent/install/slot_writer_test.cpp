#include "agent/install/slot_writer.hpp"

#include <gtest/gtest.h>

#include "agent/install/read_back.hpp"
#include "skiff/trust.hpp"
#include "tests/agent/memory_storage.hpp"

namespace skiff::testing {
namespace {

using agent::Access;
using agent::SlotWriter;

TEST(SlotWriter, SyncsTheSlotBeforeASegmentIsJournaled) {
  MemoryStorage storage;
  storage.put("slot", Bytes(8));
  std::vector<std::string> order;
  storage.observer = [&](const std::string& change) { order.push_back(change); };
  const auto slot = *storage.open("slot", Access::kSlot);
  SlotWriter writer(*slot, [&](std::uint64_t done) -> Result<void> {
    order.push_back("journal " + std::to_string(done));
    return {};
  });
  ASSERT_TRUE(writer.write_at(0, as_bytes("abcd")));
  ASSERT_TRUE(writer.segment_done(1));
  ASSERT_TRUE(writer.write_at(4, as_bytes("efgh")));
  ASSERT_TRUE(writer.segment_done(2));
  EXPECT_EQ(order, (std::vector<std::string>{"write slot", "sync slot", "journal 2", "write slot",
                                             "sync slot", "journal 3"}));
}

TEST(SlotWriter, AFailedSyncIsNotBelievedOnRetry) {
  MemoryStorage storage;
  storage.put("slot", Bytes(8));
  storage.fail_once("sync slot", 1);
  const auto slot = *storage.open("slot", Access::kSlot);
  int journaled = 0;
  SlotWriter writer(*slot, [&](std::uint64_t) -> Result<void> {
    ++journaled;
    return {};
  });
  ASSERT_TRUE(writer.write_at(0, as_bytes("abcd")));
  EXPECT_FALSE(writer.segment_done(1));
  EXPECT_FALSE(writer.segment_done(1));
  EXPECT_FALSE(writer.write_at(0, as_bytes("abcd")));
  EXPECT_EQ(journaled, 0);
}

TEST(ReadBack, AcceptsTheSignedImageAtTheFrontOfALongerSlot) {
  MemoryStorage storage;
  storage.put("slot", as_bytes("image and what was there before"));
  const ImageId image{5, sha256(as_bytes("image"))};
  EXPECT_TRUE(agent::read_back(storage, "slot", image));
  EXPECT_EQ(agent::read_back(storage, "slot", {5, sha256(as_bytes("other"))}).error().kind,
            ErrorKind::kMismatch);
  EXPECT_FALSE(agent::read_back(storage, "slot", {100, image.sha256})) << "longer than the slot";
}

TEST(IdentifySlot, HashesTheImageOrAllOfIt) {
  MemoryStorage storage;
  storage.put("slot", as_bytes("image+"));
  EXPECT_EQ(*agent::identify_slot(storage, "slot", 5), (ImageId{5, sha256(as_bytes("image"))}));
  EXPECT_EQ(*agent::identify_slot(storage, "slot", 0), (ImageId{6, sha256(as_bytes("image+"))}));
}

}  // namespace
}  // namespace skiff::testing
