// The boot state of the `file` boot control, and what happens to it, as pure functions.
#pragma once

#include <string>
#include <utility>

#include "agent/boot/boot_control.hpp"

namespace skiff::agent {

/// Invariant: the primary slot is good, and at most the other one is armed.
struct BootState {
  Slot primary = Slot::kA;  ///< boots when no other is armed
  Bootable other = Bootable::kBad;
  std::uint32_t tries = 0;     ///< left, while the other slot is armed
  std::optional<Slot> booted;  ///< what the launcher chose last
  bool operator==(const BootState&) const = default;
};

BootStatus status_of(const BootState& state);
Result<BootState> with_bad(BootState state, Slot slot);
Result<BootState> with_armed(BootState state, Slot slot, std::uint32_t tries);
/// kUsage: neither the primary nor a slot that was tried.
Result<BootState> with_committed(BootState state, Slot slot);
/// The boot loader's decision: the slot to boot, and the state to write before it is booted.
std::pair<Slot, BootState> choose_slot(BootState state);

/// `{"booted":"A","other":"armed","primary":"A","tries":3,"v":1}`; shorter than a sector.
std::string boot_state_text(const BootState& state);
Result<BootState> parse_boot_state(std::string_view text);

}  // namespace skiff::agent
