// FileBoot: boot control by a boot state file, for devices whose launcher is `skiff-agent boot`.
#pragma once

#include "agent/boot/boot_state.hpp"
#include "agent/system/record_pair.hpp"

namespace skiff::agent {

/// The boot state is a RecordPair of two sectors.
class FileBoot final : public BootControl {
 public:
  static constexpr std::size_t kCopy = 512;

  /// Opens the boot state at `path`. Where it is absent or unreadable, `running` is the truth: it becomes the
  /// primary slot and the other one bad, durably.
  static Result<FileBoot> open(Storage& storage, const std::filesystem::path& path, Slot running);

  Result<BootStatus> status() override;
  Result<void> mark_bad(Slot slot) override;
  Result<void> arm(Slot slot, std::uint32_t tries) override;
  Result<void> commit(Slot slot) override;
  /// What the boot loader does at each start: decides, writes the decision, names the slot.
  Result<Slot> launch();

  [[nodiscard]] const BootState& state() const { return state_; }

 private:
  FileBoot(RecordPair record, BootState state) : record_(std::move(record)), state_(state) {}
  Result<void> save(Result<BootState> changed);

  RecordPair record_;
  BootState state_;
};

/// The boot state as it is on disk; nullopt where neither copy can be understood.
Result<std::optional<BootState>> read_boot_state(Storage& storage, const std::filesystem::path& path);

}  // namespace skiff::agent
