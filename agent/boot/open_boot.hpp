// The boot control that a configuration names, and what it knows of the slot that runs.
#pragma once

#include <memory>
#include <optional>

#include "agent/boot/boot_state.hpp"
#include "agent/config.hpp"
#include "agent/system/storage.hpp"

namespace skiff::agent {

/// Which slot runs: what the caller says, else `skiff.slot=A|B` on the kernel's command line, else the slot
/// that the boot state says was booted. kUsage where nothing tells.
Result<Slot> running_slot(const Config& config, std::optional<Slot> told, Storage& storage);
/// The value of skiff.slot on a kernel command line, if it has one that names a slot.
std::optional<Slot> slot_of_command_line(std::string_view command_line);

Result<std::unique_ptr<BootControl>> open_boot(const Config& config, Slot running, Storage& storage);
/// The boot state as it is now, changing nothing; nullopt where it cannot be understood, or only a program of
/// the integrator's knows it.
Result<std::optional<BootState>> known_boot_state(const Config& config, Storage& storage);

}  // namespace skiff::agent
