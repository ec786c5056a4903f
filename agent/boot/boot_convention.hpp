// BootConvention: how a boot loader's variables say what a BootState says.
#pragma once

#include <array>
#include <optional>

#include "agent/boot/boot_environment.hpp"
#include "agent/boot/boot_state.hpp"

namespace skiff::agent {

/// The variable that the agent adds to every convention: the slot on trial, as long as it is not committed or
/// given up. No convention itself tells a slot that is tried from one that is committed.
inline constexpr std::string_view kTrialVariable = "skiff_trial";

class BootConvention {
 public:
  virtual ~BootConvention() = default;
  /// What the variables say; nullopt where they say nothing that can be understood.
  [[nodiscard]] virtual std::optional<BootState> state_in(const Variables& variables) const = 0;
  /// Changes the variables so that they say `next`; others are left as they are.
  virtual void put(const BootState& next, Variables& variables) const = 0;
};

/// RAUC's names for GRUB: ORDER, A_OK (may be booted), A_TRY (was tried in vain); `skiff_tries` has an `x`
/// for each try that is left, because GRUB's scripts cannot count. The grub.cfg of grub_script() goes by
/// them.
class GrubConvention final : public BootConvention {
 public:
  [[nodiscard]] std::optional<BootState> state_in(const Variables& variables) const override;
  void put(const BootState& next, Variables& variables) const override;
};

/// RAUC's names for U-Boot: BOOT_ORDER, BOOT_A_LEFT: tries left, hexadecimal, which U-Boot counts down at
/// each boot of any slot. The running slot gets them back at each start of the agent.
class RaucConvention final : public BootConvention {
 public:
  static constexpr std::uint32_t kAttempts = 3;  ///< of a committed slot between two starts of the agent
  [[nodiscard]] std::optional<BootState> state_in(const Variables& variables) const override;
  void put(const BootState& next, Variables& variables) const override;
};

/// Mender's names for U-Boot: mender_boot_part, upgrade_available, with U-Boot's own bootcount and bootlimit:
/// past the limit its altbootcmd takes the other part and ends the upgrade. `skiff_good` names the slot that
/// is not the primary and holds a whole image.
class MenderConvention final : public BootConvention {
 public:
  /// The numbers of the partitions that are slots A and B.
  explicit MenderConvention(std::array<std::uint32_t, 2> parts) : parts_(parts) {}
  [[nodiscard]] std::optional<BootState> state_in(const Variables& variables) const override;
  void put(const BootState& next, Variables& variables) const override;

 private:
  [[nodiscard]] std::optional<Slot> boot_slot(const Variables& variables) const;
  std::array<std::uint32_t, 2> parts_;
};

}  // namespace skiff::agent
