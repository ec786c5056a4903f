// SmallDevice: a whole device in memory with two slots of 64 KiB, its boot loader and a server with one
// release.
#pragma once

#include "agent/boot/file_boot.hpp"
#include "agent/commands.hpp"
#include "agent/machine/machine.hpp"
#include "tests/agent/fakes.hpp"
#include "tests/agent/memory_storage.hpp"

namespace skiff::testing {

class SmallDevice {
 public:
  SmallDevice();

  /// Boots as the launcher decides and lets the machine run once.
  Result<agent::Outcome> boot();
  /// The machine in the slot that was booted last, run once more.
  Result<agent::Outcome> run();
  /// Boots again and again, with power coming back as `fate` says after each cut, until the update is over.
  /// The number of boots it took, at most `limit`; kLimit if it is not over then.
  Result<int> converge(Fate fate, unsigned seed, int limit = 20);

  [[nodiscard]] agent::Slot running() const { return running_; }
  [[nodiscard]] const Bytes& image(agent::Slot slot) const {
    return slot == agent::Slot::kA ? old_image_ : new_image_;
  }
  [[nodiscard]] Bytes slot_content(agent::Slot slot) const;
  [[nodiscard]] std::string last_outcome() const;  ///< of the only report
  [[nodiscard]] agent::UpdateRecord journal();
  [[nodiscard]] std::vector<SegmentInfo> segments() const { return segments_; }
  [[nodiscard]] std::uint64_t head_length() const { return head_length_; }

  MemoryStorage storage;
  FakeServer server;
  FakeChecks checks;
  FakeClock clock;
  agent::Config config;
  std::uint64_t trial_deadline = 3'600;
  std::string last_state;

 private:
  Bytes old_image_;
  Bytes new_image_;
  std::vector<SegmentInfo> segments_;
  std::uint64_t head_length_ = 0;
  agent::Slot running_ = agent::Slot::kA;
};

}  // namespace skiff::testing
