// Boot loaders as tests play them: what GRUB with grub_script(), and U-Boot with the scripts that go with
// RAUC's and Mender's names, do at each start.
#pragma once

#include "agent/boot/boot_control.hpp"
#include "agent/config.hpp"
#include "agent/system/storage.hpp"

namespace skiff::testing {

enum class Loader { kFile, kGrub, kUbootRauc, kUbootMender };
inline constexpr std::array kLoaders = {Loader::kFile, Loader::kGrub, Loader::kUbootRauc,
                                        Loader::kUbootMender};
std::string to_string(Loader loader);

/// The member `boot` of a device's configuration.
agent::BootSettings boot_settings(Loader loader);
/// Puts what such a boot loader needs into storage: slot A is committed, slot B holds a whole image.
Result<void> prepare_loader(Loader loader, const agent::Config& config, agent::Storage& storage);
/// One start: the slot that is booted, after what the boot loader writes.
Result<agent::Slot> start_loader(Loader loader, const agent::Config& config, agent::Storage& storage);

}  // namespace skiff::testing
