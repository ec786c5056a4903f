#include "agent/boot/state_boot.hpp"

namespace skiff::agent {

Result<BootStatus> StateBoot::status() { return status_of(state_); }

Result<void> StateBoot::mark_bad(Slot slot) { return save(with_bad(state_, slot)); }

Result<void> StateBoot::arm(Slot slot, std::uint32_t tries) { return save(with_armed(state_, slot, tries)); }

Result<void> StateBoot::commit(Slot slot) { return save(with_committed(state_, slot)); }

Result<void> StateBoot::save(Result<BootState> changed) {
  SKIFF_ASSIGN(const BootState next, std::move(changed));
  if (next == state_) return {};
  SKIFF_TRY(write(next));
  state_ = next;
  return {};
}

}  // namespace skiff::agent
