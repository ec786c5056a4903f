// FileBoot: boot control by a boot state file, for devices whose launcher is `skiff-agent boot`.
#pragma once

#include "agent/boot/state_boot.hpp"
#include "agent/system/record_pair.hpp"

namespace skiff::agent {

/// The boot state is a RecordPair of two sectors.
class FileBoot final : public StateBoot {
 public:
  static constexpr std::size_t kCopy = 512;

  /// Opens the boot state at `path`. Where it is absent or unreadable, `running` is the truth: it becomes the
  /// primary slot and the other one bad, durably.
  static Result<FileBoot> open(Storage& storage, const std::filesystem::path& path, Slot running);

  /// What the boot loader does at each start: decides, writes the decision, names the slot.
  Result<Slot> launch();

 private:
  FileBoot(RecordPair record, BootState state) : StateBoot(state), record_(std::move(record)) {}
  Result<void> write(const BootState& next) override { return record_.write(boot_state_text(next)); }

  RecordPair record_;
};

/// The boot state as it is on disk; nullopt where neither copy can be understood.
Result<std::optional<BootState>> read_boot_state(Storage& storage, const std::filesystem::path& path);

}  // namespace skiff::agent
