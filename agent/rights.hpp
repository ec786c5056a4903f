// How the agent comes by what takes rights: by its own, or through the warden.
#pragma once

#include <memory>
#include <optional>

#include "agent/boot/boot_control.hpp"
#include "agent/config.hpp"
#include "agent/machine/machine.hpp"
#include "agent/system/storage.hpp"

namespace skiff::agent {

/// Files, and the slots of the configuration.
std::unique_ptr<Storage> open_storage(const Config& config);

/// The slot that runs and its boot control. `told` is what the caller says of the slot; a warden knows
/// better, and it is an error (kUsage) where it knows otherwise.
struct Footing {
  Slot running = Slot::kA;
  std::unique_ptr<BootControl> boot;
};
Result<Footing> find_footing(const Config& config, std::optional<Slot> told, Storage& storage);

/// What is known of the boot state; nullopt where nothing is.
Result<std::optional<BootStatus>> known_boot_status(const Config& config, Storage& storage);

/// Has the warden permit a release by the metadata that this agent trusts; nothing where there is no warden.
/// Configuration and storage outlive it.
AskPermit asks_permit(const Config& config, Storage& storage);

/// Asks for the reboot that reboot_command brings.
Result<void> reboot(const Config& config);

}  // namespace skiff::agent
