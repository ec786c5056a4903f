// StateBoot: boot control where all that the boot loader goes by is one BootState, kept somewhere.
#pragma once

#include "agent/boot/boot_state.hpp"

namespace skiff::agent {

class StateBoot : public BootControl {
 public:
  Result<BootStatus> status() final;
  Result<void> mark_bad(Slot slot) final;
  Result<void> arm(Slot slot, std::uint32_t tries) final;
  Result<void> commit(Slot slot) final;
  [[nodiscard]] const BootState& state() const { return state_; }

 protected:
  explicit StateBoot(BootState state) : state_(state) {}
  /// Keeps `next` in place of state(), by one write and one sync.
  virtual Result<void> write(const BootState& next) = 0;
  /// Writes what differs from state(), and nothing else.
  Result<void> save(Result<BootState> changed);

 private:
  BootState state_;
};

}  // namespace skiff::agent
