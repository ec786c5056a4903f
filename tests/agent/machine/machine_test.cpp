#include "agent/machine/machine.hpp"

#include <gtest/gtest.h>

#include "agent/commands.hpp"
#include "tests/agent/small_device.hpp"

namespace skiff::testing {
namespace {

using agent::Bootable;
using agent::Slot;
using Stop = agent::Outcome::Stop;
using Verdict = agent::ChecksOutcome::Verdict;

std::string reason_of(const SmallDevice& device) {
  if (device.server.reports.empty()) return "no report";
  return *string_member(device.server.reports.begin()->second, "reason");
}

TEST(Machine, AsksForARebootOnlyWhenTheSlotIsWholeAndArmed) {
  SmallDevice device;
  const Result<agent::Outcome> outcome = device.boot();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->stop, Stop::kReboot);
  EXPECT_EQ(device.last_state, "ARMED");
  EXPECT_EQ(device.slot_content(Slot::kB), device.image(Slot::kB));
  const auto boot = agent::read_boot_state(device.storage, device.config.boot_state());
  EXPECT_EQ((*boot)->other, Bootable::kArmed);
  EXPECT_EQ((*boot)->tries, 3U);
}

TEST(Machine, AReleaseThatIsNotPermittedFailsBeforeTheSlotIsTouched) {
  SmallDevice device;
  std::vector<std::string> asked;
  device.ask_permit = [&](const std::string& release) -> Result<void> {
    asked.push_back(release);
    return fail(ErrorKind::kSignature, "not signed");
  };
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(asked, std::vector{device.server.installation.release.target});
  EXPECT_EQ(device.last_outcome(), "failed");
  EXPECT_EQ(reason_of(device), "warden: not signed");
  EXPECT_EQ(device.slot_content(Slot::kB), device.former_image());
}

TEST(Machine, AWardenThatIsNotThereIsAFaultAndTheUpdateGoesOnLater) {
  SmallDevice device;
  device.ask_permit = [](const std::string&) { return fail(ErrorKind::kIo, "no warden"); };
  EXPECT_FALSE(device.boot());
  device.ask_permit = [](const std::string&) { return Result<void>(); };
  ASSERT_TRUE(device.converge(Fate::kKept, 0));
  EXPECT_EQ(device.last_outcome(), "committed");
}

TEST(Machine, ASlotThatIsRefusedAsAnotherImageWhenItIsArmedFailsTheUpdate) {
  SmallDevice device;
  device.arming_refused = Error{ErrorKind::kMismatch, "", "another image"};
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.last_outcome(), "failed");
  EXPECT_EQ(reason_of(device), "arm: another image");
  const auto boot = agent::read_boot_state(device.storage, device.config.boot_state());
  EXPECT_EQ((*boot)->other, Bootable::kBad);
}

TEST(Machine, ANewSlotWhoseDecoderDoesNotStartIsNotKept) {
  SmallDevice device;
  ASSERT_EQ(device.boot()->stop, Stop::kReboot);
  EXPECT_EQ(device.server.check_ins.back().repackers, (RepackerVersions{{"zlib", 7}}));
  device.repackers = [] { return fail(ErrorKind::kIo, "does not start", "decoder"); };
  EXPECT_EQ(device.boot()->stop, Stop::kLater);
  device.clock.advance(device.trial_deadline);
  EXPECT_EQ(device.run()->stop, Stop::kReboot);
  EXPECT_EQ(device.boot()->stop, Stop::kIdle);
  EXPECT_EQ(device.running(), Slot::kA);
  EXPECT_EQ(device.last_outcome(), "rolled-back");
  EXPECT_EQ(reason_of(device), "contact: decoder: does not start");
  ASSERT_TRUE(device.run());
  EXPECT_EQ(device.server.check_ins.back().repackers, RepackerVersions()) << "it is seen all the same";
}

TEST(Machine, ArmsOnceHoweverOftenItIsStartedBeforeTheReboot) {
  SmallDevice device;
  ASSERT_TRUE(device.boot());
  const std::uint64_t changes = device.storage.changes();
  EXPECT_EQ(device.run()->stop, Stop::kReboot);
  EXPECT_EQ(device.storage.changes(), changes);
}

TEST(Machine, AFailedCheckRollsBackAndTheReportSaysWhy) {
  SmallDevice device;
  device.checks.outcome = {
      Verdict::kFailed, "check 20-selftest failed with exit 1", {{"20-selftest", 1, "no"}}};
  ASSERT_TRUE(device.converge(Fate::kKept, 0));
  EXPECT_EQ(device.running(), Slot::kA);
  EXPECT_EQ(device.last_outcome(), "rolled-back");
  EXPECT_EQ(reason_of(device), "check 20-selftest failed with exit 1");
  const Json& report = device.server.reports.begin()->second;
  EXPECT_EQ((*array_member(report, "checks"))->array()->size(), 1U);
}

TEST(Machine, AServerOutageInTheTrialDoesNotRollBackBeforeTheDeadline) {
  SmallDevice device;
  ASSERT_EQ(device.boot()->stop, Stop::kReboot);
  device.server.reachable = false;
  ASSERT_EQ(device.boot()->stop, Stop::kLater);
  EXPECT_EQ(device.last_state, "CONTACT");
  device.clock.advance(device.trial_deadline / 2);
  EXPECT_EQ(device.run()->stop, Stop::kLater);
  device.server.reachable = true;
  EXPECT_EQ(device.run()->stop, Stop::kIdle);
  EXPECT_EQ(device.last_outcome(), "committed");
}

TEST(Machine, ATrialWithoutContactEndsAtTheDeadline) {
  SmallDevice device;
  ASSERT_EQ(device.boot()->stop, Stop::kReboot);
  device.server.reachable = false;
  ASSERT_EQ(device.boot()->stop, Stop::kLater);
  device.clock.advance(device.trial_deadline);
  EXPECT_EQ(device.run()->stop, Stop::kReboot);
  EXPECT_EQ(device.boot()->stop, Stop::kIdle);
  EXPECT_EQ(device.running(), Slot::kA);
  EXPECT_TRUE(device.server.reports.empty()) << "it waits";
  device.server.reachable = true;
  ASSERT_TRUE(device.run());
  EXPECT_EQ(device.last_outcome(), "rolled-back");
  EXPECT_TRUE(reason_of(device).starts_with("contact: "));
}

TEST(Machine, ACheckThatAsksToBeTriedAgainKeepsTheTrial) {
  SmallDevice device;
  ASSERT_EQ(device.boot()->stop, Stop::kReboot);
  device.checks.outcome.verdict = Verdict::kRetry;
  EXPECT_EQ(device.boot()->stop, Stop::kLater);
  EXPECT_EQ(device.last_state, "CHECKS");
  device.checks.outcome.verdict = Verdict::kPassed;
  EXPECT_EQ(device.run()->stop, Stop::kIdle);
  EXPECT_EQ(device.last_outcome(), "committed");
}

TEST(Machine, ANewSlotWhoseAgentNeverRunsIsGivenUpByTheBootLoader) {
  SmallDevice device;
  ASSERT_EQ(device.boot()->stop, Stop::kReboot);
  for (int tries = 0; tries < 3; ++tries) {
    ASSERT_EQ(*agent::launch(device.config, device.storage), Slot::kB);
  }
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.running(), Slot::kA);
  EXPECT_EQ(device.last_outcome(), "rolled-back");
  EXPECT_EQ(reason_of(device), "boot: tries ran out");
}

TEST(Machine, ANewSlotIsNotBootedBeforeTheHoursForThat) {
  ::setenv("TZ", "UTC", 1);
  SmallDevice device;
  device.clock.time = agent::kBuildTime / 86'400 * 86'400 + 43'200;
  device.config.link.install = agent::Windows({agent::parse_window("13:00-14:00").value()});
  const agent::Outcome held = *device.boot();
  EXPECT_EQ(held.stop, Stop::kHeld);
  EXPECT_EQ(held.delay, 3'600U);
  EXPECT_TRUE(held.under_way);
  EXPECT_EQ(device.last_state, "VERIFIED");
  EXPECT_EQ(device.boot()->stop, Stop::kHeld) << "not by a reboot for another reason either";
  EXPECT_EQ(device.running(), Slot::kA);
  device.clock.time += 3'600;
  EXPECT_EQ(device.run()->stop, Stop::kReboot);
  EXPECT_EQ(device.boot()->stop, Stop::kIdle);
  EXPECT_EQ(device.last_outcome(), "committed");
  EXPECT_EQ(reason_of(device), "held: outside the install windows 13:00-14:00");
  ::unsetenv("TZ");
}

TEST(Machine, AReportThatCannotBeSentWaitsAndChangesNothing) {
  SmallDevice device;
  ASSERT_EQ(device.boot()->stop, Stop::kReboot);
  device.server.on_bytes = nullptr;
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.server.reports.size(), 1U);
  device.server.reports.clear();
  agent::ReportQueue queue(device.storage, device.config.state_dir / "reports");
  ASSERT_TRUE(queue.put("0123456789abcdef0123456789abcdef",
                        R"({"id":"0123456789abcdef0123456789abcdef","outcome":"committed"})"));
  device.server.reachable = false;
  EXPECT_EQ(device.run()->stop, Stop::kLater);
  EXPECT_EQ(*queue.size(), 1U);
  device.server.reachable = true;
  ASSERT_TRUE(device.run());
  EXPECT_EQ(device.server.reports.size(), 1U);
  EXPECT_EQ(*queue.size(), 0U);
  EXPECT_EQ(device.running(), Slot::kB);
}

TEST(Machine, ALinkThatDropsCostsNoByteTwice) {
  SmallDevice device;
  device.server.drop_after = 3'000;
  std::map<std::uint64_t, int> seen;
  device.server.on_bytes = [&](ByteRange range) { ++seen[range.offset]; };
  ASSERT_TRUE(device.converge(Fate::kKept, 0));
  const Json& bytes = **object_member(device.server.reports.begin()->second, "bytes");
  EXPECT_EQ(*unsigned_member(bytes, "payload"), device.server.delta.size());
  EXPECT_EQ(*unsigned_member(bytes, "wasted"), 0U);
}

/// The link goes for longer than the agent waits at each piece of a download.
class LongOutages {
 public:
  LongOutages() {
    device.server.on_bytes = [this](ByteRange) { device.server.reachable = false; };
  }
  /// Runs the agent until something else than the link ends it; how often it left the rest for later.
  int run() {
    int outages = 0;
    for (device.server.reachable = true; device.boot()->stop == Stop::kLater && outages < kMost; ++outages) {
      device.server.reachable = true;
    }
    return outages;
  }
  SmallDevice device;

 private:
  static constexpr int kMost = 1'000;
};

TEST(Machine, ALinkThatIsLostForLongCostsNoByteTwice) {
  LongOutages link;
  link.device.server.piece = 300;
  EXPECT_GE(link.run(), static_cast<int>(link.device.server.delta.size() / 300));
  EXPECT_EQ(link.device.slot_content(Slot::kB), link.device.image(Slot::kB));
  EXPECT_EQ(link.device.server.wire, link.device.server.delta.size());
}

TEST(Machine, WhatWasKeptOfASegmentAndSpoiltIsFetchedAgain) {
  LongOutages link;
  SmallDevice& device = link.device;
  device.server.piece = 700;
  ASSERT_EQ(device.boot()->stop, Stop::kLater);
  Bytes kept;
  while (kept.empty()) {
    device.server.reachable = true;
    ASSERT_EQ(device.boot()->stop, Stop::kLater);
    kept = device.storage.content("state/delta-segment");
  }
  kept.front() ^= 1;
  device.storage.put("state/delta-segment", kept);
  link.run();
  EXPECT_EQ(device.slot_content(Slot::kB), device.image(Slot::kB));
  EXPECT_GT(device.server.wire, device.server.delta.size());
}

TEST(Machine, BytesThatAreNotTheSignedOnesAreFetchedAgainAndThenGivenUp) {
  SmallDevice device;
  device.server.delta.back() ^= 1;
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.last_outcome(), "failed");
  EXPECT_NE(device.slot_content(Slot::kB), device.image(Slot::kB));
  const auto boot = agent::read_boot_state(device.storage, device.config.boot_state());
  EXPECT_EQ((*boot)->other, Bootable::kBad);
}

TEST(Machine, AnImageThatFailsAgainAndAgainIsNotTriedForEver) {
  SmallDevice device;
  device.server.delta.back() ^= 1;
  for (std::uint64_t tries = 0; tries < agent::Machine::kMaxFailures; ++tries) ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.server.reports.size(), agent::Machine::kMaxFailures);
  EXPECT_EQ(device.boot()->stop, Stop::kRefused);
  EXPECT_EQ(device.server.reports.size(), agent::Machine::kMaxFailures);
}

TEST(Machine, ARefusedPlanWritesNothing) {
  SmallDevice device;
  device.server.refusal = Error{ErrorKind::kSignature, "", "not signed"};
  ASSERT_TRUE(agent::launch(device.config, device.storage));
  const std::uint64_t changes = device.storage.changes();
  EXPECT_EQ(device.run()->stop, Stop::kRefused);
  EXPECT_EQ(device.storage.changes(), changes);
}

TEST(Machine, AWriteThatFailsOnceIsMadeAgain) {
  for (const char* change : {"write slot-b", "sync slot-b"}) {
    SmallDevice device;
    device.storage.fail_once(change, 5);
    ASSERT_TRUE(device.converge(Fate::kKept, 0)) << change;
    EXPECT_EQ(device.last_outcome(), "committed") << change;
  }
}

TEST(Machine, ASlotThatDoesNotReadBackIsNotArmed) {
  SmallDevice device;
  device.storage.observer = [&](const std::string& change) {
    // After the last segment the medium holds another byte than was written.
    if (change != "sync slot-b" || device.journal().segments_done < device.segments().size()) return;
    Bytes content = device.slot_content(Slot::kB);
    content[100] = static_cast<std::uint8_t>(~device.image(Slot::kB)[100]);
    device.storage.put("slot-b", content);
  };
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.last_outcome(), "failed");
  EXPECT_TRUE(reason_of(device).starts_with("verify: "));
}

TEST(Machine, WithoutAJournalTheRunningSlotIsTheTruth) {
  SmallDevice device;
  ASSERT_TRUE(device.converge(Fate::kKept, 0));
  device.storage.put("state/journal", Bytes(2 * agent::kJournalCopy, 0xFF));
  device.storage.put("state/identity", Bytes(2 * agent::kIdentityCopy, 0xFF));
  ASSERT_TRUE(device.boot());
  EXPECT_EQ(device.running(), Slot::kB);
  EXPECT_EQ(device.server.check_ins.back().facts.running, device.server.installation.release.image);
  const auto boot = agent::read_boot_state(device.storage, device.config.boot_state());
  EXPECT_EQ((*boot)->other, Bootable::kBad);
}

TEST(Machine, AJournalLostDuringTheTrialGoesBackToTheOldSlot) {
  SmallDevice device;
  ASSERT_EQ(device.boot()->stop, Stop::kReboot);
  device.storage.put("state/journal", Bytes(2 * agent::kJournalCopy, 0xFF));
  EXPECT_EQ(device.boot()->stop, Stop::kReboot);
  EXPECT_EQ(device.running(), Slot::kB);
  device.server.installation.release.image.length = 1;  // the next poll has something else to say
  ASSERT_TRUE(agent::launch(device.config, device.storage));
  EXPECT_EQ(*agent::launch(device.config, device.storage), Slot::kA);
}

TEST(Machine, ABaseThatChangedIsToldToTheServer) {
  SmallDevice device;
  Bytes content = device.slot_content(Slot::kA);
  for (std::size_t at = 0; at < content.size(); at += 1'000) content[at] ^= 1;
  device.storage.put("slot-a", content);
  ASSERT_TRUE(agent::launch(device.config, device.storage));
  ASSERT_TRUE(device.run());
  EXPECT_EQ(device.last_outcome(), "failed");
  ASSERT_TRUE(device.run());
  EXPECT_NE(device.server.check_ins.back().facts.running, device.server.installation.delta.base);
}

}  // namespace
}  // namespace skiff::testing
