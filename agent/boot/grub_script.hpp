// grub_script: the grub.cfg of a device with two slots, and putting it in place.
#pragma once

#include "agent/boot/boot_control.hpp"
#include "agent/boot/boot_settings.hpp"
#include "agent/system/storage.hpp"

namespace skiff::agent {

/// A script that never changes: all that does is in the environment block. It starts the slot on trial only
/// after it has written that a try is gone, so that a disk that takes no writes boots the primary slot; what
/// cannot be loaded leads to the next slot. Slots are found by partition, because both may hold images with
/// the same label and UUID.
std::string grub_script(const GrubSettings& grub);

/// Writes grub.cfg and grubenv into the folder, with `primary` as the only slot that boots. Each of them is
/// there as a whole or as it was before.
Result<void> install_grub(Storage& storage, const GrubSettings& grub, Slot primary);

}  // namespace skiff::agent
