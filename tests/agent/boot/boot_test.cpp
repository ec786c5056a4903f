#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/boot/custom_boot.hpp"
#include "agent/boot/file_boot.hpp"
#include "tests/agent/memory_storage.hpp"

namespace skiff::testing {
namespace {

using agent::Bootable;
using agent::BootState;
using agent::Slot;

TEST(BootState, TriesRunOutAndTheOldSlotBoots) {
  BootState state = *agent::with_armed({}, Slot::kB, 2);
  Slot slot = Slot::kA;
  for (const Slot expected : {Slot::kB, Slot::kB, Slot::kA, Slot::kA}) {
    std::tie(slot, state) = agent::choose_slot(state);
    EXPECT_EQ(slot, expected);
  }
  EXPECT_EQ(state.other, Bootable::kExhausted);
}

TEST(BootState, ACommittedSlotBootsForGood) {
  BootState state = *agent::with_armed({}, Slot::kB, 1);
  state = agent::choose_slot(state).second;
  state = *agent::with_committed(state, Slot::kB);
  for (int boots = 0; boots < 5; ++boots) EXPECT_EQ(agent::choose_slot(state).first, Slot::kB);
  EXPECT_EQ(agent::with_committed(state, Slot::kB), state) << "once more changes nothing";
}

TEST(BootState, TheLastSlotThatBootsCannotBeTaken) {
  EXPECT_FALSE(agent::with_bad({}, Slot::kA));
  EXPECT_FALSE(agent::with_armed({}, Slot::kA, 3));
  EXPECT_FALSE(agent::with_committed({}, Slot::kB)) << "it was never armed";
}

TEST(BootState, AFailedTrialGivesTheNextBootToTheOldSlot) {
  BootState state = *agent::with_armed({}, Slot::kB, 3);
  state = *agent::with_bad(agent::choose_slot(state).second, Slot::kB);
  EXPECT_EQ(agent::choose_slot(state).first, Slot::kA);
}

TEST(BootState, IsReadBackAndFitsItsSector) {
  const BootState state{Slot::kB, Bootable::kExhausted, UINT32_MAX, Slot::kA};
  const std::string text = agent::boot_state_text(state);
  EXPECT_EQ(*agent::parse_boot_state(text), state);
  EXPECT_LE(text.size(), 512 - agent::RecordPair::kHeader);
}

TEST(FileBoot, EachTransitionIsOneWriteAndOneSync) {
  MemoryStorage storage;
  auto boot = agent::FileBoot::open(storage, "boot", Slot::kA);
  std::vector<std::string> changes;
  storage.observer = [&](const std::string& change) { changes.push_back(change); };
  ASSERT_TRUE(boot->arm(Slot::kB, 3));
  EXPECT_EQ(changes, (std::vector<std::string>{"write boot", "sync boot"}));
}

TEST(FileBoot, WithBothCopiesBadTheRunningSlotIsTheTruth) {
  MemoryStorage storage;
  storage.put("boot", Bytes(1024, 0xA5));
  auto boot = agent::FileBoot::open(storage, "boot", Slot::kB);
  EXPECT_EQ(boot->status()->b, Bootable::kGood);
  EXPECT_EQ(boot->status()->a, Bootable::kBad);
  EXPECT_EQ(*boot->launch(), Slot::kB);
}

TEST(CustomBoot, ReadsTheStatusOfItsProgram) {
  const auto status = agent::parse_custom_status("booted=B\nnoise\nb=armed\na=good\ntries=2\nelse=1\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->booted, Slot::kB);
  EXPECT_EQ(status->a, Bootable::kGood);
  EXPECT_EQ(status->b, Bootable::kArmed);
  EXPECT_EQ(status->tries, 2U);
  EXPECT_FALSE(agent::parse_custom_status("a=good\n"));
  EXPECT_FALSE(agent::parse_custom_status("a=good\nb=fine\n"));
  EXPECT_FALSE(agent::parse_custom_status("a=good\nb=bad\ntries=many\n"));
}

/// A boot program of an integrator's, made of a shell script, in a folder that goes with it.
class BootProgram {
 public:
  explicit BootProgram(const std::string& script) {
    std::string name = (std::filesystem::temp_directory_path() / "skiff-boot-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream(path()) << "#!/bin/sh\ncd " << folder_.string() << "\necho \"$@\" >> calls\n" << script;
    ::chmod(path().c_str(), 0755);
  }
  BootProgram(const BootProgram&) = delete;
  BootProgram& operator=(const BootProgram&) = delete;
  ~BootProgram() { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "program"; }
  [[nodiscard]] std::string calls() const {
    std::ifstream file(folder_ / "calls");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path folder_;
};

TEST(CustomBoot, CallsItsProgramWithTheFourVerbs) {
  const BootProgram program("if [ $1 = status ]; then echo a=good; echo b=armed; echo booted=B; fi\n");
  agent::CustomBoot boot(program.path());
  const auto status = boot.status();
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(status->booted, Slot::kB);
  EXPECT_TRUE(boot.mark_bad(Slot::kA));
  EXPECT_TRUE(boot.arm(Slot::kB, 3));
  EXPECT_TRUE(boot.commit(Slot::kB));
  EXPECT_EQ(program.calls(), "status\nmark-bad A\narm B 3\ncommit B\n");
}

TEST(CustomBoot, AProgramThatFailsIsAnErrorWithWhatItSaid) {
  const BootProgram program("echo no such variable >&2; exit 3\n");
  agent::CustomBoot boot(program.path());
  for (const auto& outcome : {boot.mark_bad(Slot::kA), boot.arm(Slot::kB, 3), boot.commit(Slot::kB)}) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::kIo);
    EXPECT_NE(outcome.error().message.find("exited 3: no such variable"), std::string::npos)
        << outcome.error().message;
  }
  EXPECT_FALSE(boot.status());
}

TEST(CustomBoot, AProgramThatIsKilledOrAbsentIsAnError) {
  const BootProgram program("kill -9 $$\n");
  EXPECT_EQ(agent::CustomBoot(program.path()).commit(Slot::kB).error().kind, ErrorKind::kIo);
  EXPECT_EQ(agent::CustomBoot(program.path() / "none").commit(Slot::kB).error().kind, ErrorKind::kIo);
}

TEST(CustomBoot, AStatusThatIsNoStatusIsRefused) {
  const BootProgram program("echo all is well\n");
  EXPECT_EQ(agent::CustomBoot(program.path()).status().error().kind, ErrorKind::kFormat);
}

}  // namespace
}  // namespace skiff::testing
