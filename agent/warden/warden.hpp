// Warden: does for an agent without rights what takes rights, as far as it cannot harm the running slot.
#pragma once

#include "agent/config.hpp"
#include "agent/warden/permits.hpp"
#include "agent/warden/protocol.hpp"

namespace skiff::agent {

/// What is said on a request, and the file that is handed over with it, if any.
struct Answer {
  Result<Bytes> said;
  Descriptor opened{};
};

/// Nothing of a request but a slot and a number of tries is believed: all paths and programs are those of the
/// configuration, and a slot is armed only when it holds what signed metadata permits. Whoever speaks for the
/// agent can at worst spoil the inactive slot, have a signed release tried, and reboot.
class Warden {
 public:
  /// Configuration and permits outlive it.
  Warden(const Config& config, Slot running, Permits& permits)
      : config_(config), running_(running), permits_(permits) {}
  /// `agent` brings the metadata that a permission asks for.
  [[nodiscard]] Answer answer(const Message<Ask>& request, tuf::Fetcher& agent) const;

 private:
  [[nodiscard]] Answer open_running() const;
  [[nodiscard]] Answer open_inactive(BootControl& boot) const;
  Result<Bytes> change_boot(BootControl& boot, const Message<Ask>& request) const;
  Result<void> mark_bad(BootControl& boot, Slot slot) const;
  Result<void> arm(BootControl& boot, Slot slot, ByteView tries) const;
  Result<void> commit(BootControl& boot, Slot slot) const;
  [[nodiscard]] const std::filesystem::path& path_of(Slot slot) const {
    return config_.slots[static_cast<std::size_t>(slot)];
  }

  const Config& config_;
  Slot running_;
  Permits& permits_;
};

/// Runs reboot_command.
Result<void> reboot_by_command(const Config& config);

}  // namespace skiff::agent
