// SmallDevice: a whole device in memory with two slots of 64 KiB, its boot loader and a server with one
// release. Slot B holds what ran before A and could boot.
#pragma once

#include "agent/boot/file_boot.hpp"
#include "agent/boot/open_boot.hpp"
#include "agent/machine/machine.hpp"
#include "tests/agent/boot_loaders.hpp"
#include "tests/agent/fakes.hpp"
#include "tests/agent/memory_storage.hpp"

namespace skiff::testing {

class SmallDevice {
 public:
  explicit SmallDevice(Loader loader = Loader::kFile);

  /// Boots as the launcher decides and lets the machine run once.
  Result<agent::Outcome> boot();
  /// The machine in the slot that was booted last, run once more.
  Result<agent::Outcome> run();
  /// Boots again and again, with power coming back as `fate` says after each cut, until the update is over.
  /// The number of boots it took, at most `limit`; kLimit if it is not over then.
  Result<int> converge(Fate fate, unsigned seed, int limit = 20);

  [[nodiscard]] agent::Slot running() const { return running_; }
  /// The image that belongs into a slot once the update is over: the old one in A, the release in B.
  [[nodiscard]] static const Bytes& image(agent::Slot slot);
  /// What slot B held before the update.
  [[nodiscard]] static const Bytes& former_image();
  [[nodiscard]] Bytes slot_content(agent::Slot slot) const;
  [[nodiscard]] std::string last_outcome() const;  ///< of the only report
  [[nodiscard]] agent::UpdateRecord journal();
  [[nodiscard]] static const std::vector<SegmentInfo>& segments();

  MemoryStorage storage;
  FakeServer server;
  FakeChecks checks;
  FakeClock clock;
  agent::Config config;
  std::uint64_t trial_deadline = 3'600;
  agent::AskRepackers repackers = [] { return RepackerVersions{{"zlib", 7}}; };
  agent::AskPermit ask_permit;
  std::optional<Error> arming_refused;
  std::optional<agent::Slot> hangs;  ///< a slot that boots, and then nothing runs in it
  std::string last_state;
  int bad_boots = 0;  ///< boots of a slot that did not hold the whole of its image

 private:
  Loader loader_;
  agent::Slot running_ = agent::Slot::kA;
};

}  // namespace skiff::testing
