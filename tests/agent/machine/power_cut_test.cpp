// A whole update in memory, with the power cut in every change of storage.
#include <gtest/gtest.h>

#include "tests/agent/small_device.hpp"

namespace skiff::testing {
namespace {

using agent::Slot;

constexpr std::array kFates = {Fate::kLost, Fate::kKept, Fate::kTorn};

/// Fails the test where bytes are fetched that the device had finished with: of the head or of a segment that
/// was journaled as done before this boot, or of the map it needs to go on.
void watch_refetches(SmallDevice& device, std::uint64_t& refetched) {
  device.server.on_bytes = [&device, &refetched](ByteRange range) {
    const std::uint64_t done = device.journal().segments_done;
    if (done == 0) return;
    const SegmentInfo& last = device.segments()[done - 1];
    if (range.offset < last.wire_offset + last.wire_length) refetched += range.length;
  };
}

std::uint64_t changes_of_an_update() {
  SmallDevice device;
  const std::uint64_t before = device.storage.changes();
  EXPECT_TRUE(device.converge(Fate::kLost, 0));
  return device.storage.changes() - before;
}

TEST(PowerCut, AnUndisturbedUpdateCommitsAndReports) {
  SmallDevice device;
  const Result<int> boots = device.converge(Fate::kLost, 0);
  ASSERT_TRUE(boots) << boots.error().text();
  EXPECT_EQ(*boots, 2);
  EXPECT_EQ(device.running(), Slot::kB);
  EXPECT_EQ(device.slot_content(Slot::kB), device.image(Slot::kB));
  EXPECT_EQ(device.last_outcome(), "committed");
  const Json& report = device.server.reports.begin()->second;
  const Json& bytes = **object_member(report, "bytes");
  EXPECT_EQ(*unsigned_member(bytes, "payload"), device.server.delta.size());
  EXPECT_EQ(*unsigned_member(bytes, "wasted"), 0U);
}

TEST(PowerCut, AtEveryChangeLeavesADeviceThatBootsAndConverges) {
  const std::uint64_t changes = changes_of_an_update();
  ASSERT_GT(changes, 40U);
  for (const Fate fate : kFates) {
    for (std::uint64_t cut = 1; cut <= changes; ++cut) {
      SCOPED_TRACE("cut in change " + std::to_string(cut) + ", fate " +
                   std::to_string(static_cast<int>(fate)));
      SmallDevice device;
      std::uint64_t refetched = 0;
      watch_refetches(device, refetched);
      device.storage.cut_after(cut);
      const Result<int> boots = device.converge(fate, static_cast<unsigned>(cut));
      ASSERT_TRUE(boots) << boots.error().text();
      EXPECT_EQ(device.last_outcome(), "committed");
      EXPECT_EQ(device.slot_content(device.running()), device.image(device.running()));
      EXPECT_EQ(device.running(), Slot::kB);
      EXPECT_EQ(refetched, 0U);
      EXPECT_EQ(device.bad_boots, 0);
    }
  }
}

TEST(PowerCut, AtEveryChangeOfARollBackLeavesTheOldImage) {
  SmallDevice model;
  model.checks.outcome = {agent::ChecksOutcome::Verdict::kFailed, "check 10-x failed with exit 1", {}};
  const std::uint64_t before = model.storage.changes();
  ASSERT_TRUE(model.converge(Fate::kLost, 0));
  const std::uint64_t changes = model.storage.changes() - before;
  for (std::uint64_t cut = 1; cut <= changes; ++cut) {
    SCOPED_TRACE("cut in change " + std::to_string(cut));
    SmallDevice device;
    device.checks.outcome = model.checks.outcome;
    device.storage.cut_after(cut);
    const Result<int> boots = device.converge(Fate::kTorn, static_cast<unsigned>(cut));
    ASSERT_TRUE(boots) << boots.error().text();
    EXPECT_EQ(device.last_outcome(), "rolled-back");
    EXPECT_EQ(device.running(), Slot::kA);
    EXPECT_EQ(device.bad_boots, 0);
  }
}

/// How many of the cuts of a whole update end in anything but a clean commit when syncs of `path` do nothing.
int failures_without_sync(const std::filesystem::path& path) {
  int failures = 0;
  const std::uint64_t changes = changes_of_an_update();
  for (std::uint64_t cut = 1; cut <= changes; ++cut) {
    SmallDevice device;
    device.storage.elide_sync(path);
    std::uint64_t refetched = 0;
    watch_refetches(device, refetched);
    device.storage.cut_after(cut);
    const Result<int> boots = device.converge(Fate::kLost, 0);
    const bool clean =
        boots && device.last_outcome() == "committed" && refetched == 0 && device.bad_boots == 0;
    if (!clean) ++failures;
  }
  return failures;
}

TEST(PowerCut, IsSeenByThisTestWhereTheSlotIsNotSynced) { EXPECT_GT(failures_without_sync("slot-b"), 0); }

TEST(PowerCut, IsSeenByThisTestWhereTheStashIsNotSynced) {
  EXPECT_GT(failures_without_sync("state/delta"), 0);
}

}  // namespace
}  // namespace skiff::testing
