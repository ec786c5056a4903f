// VariableBoot: boot control by the variables of GRUB or U-Boot.
#pragma once

#include "agent/boot/boot_convention.hpp"
#include "agent/boot/state_boot.hpp"

namespace skiff::agent {

class VariableBoot final : public StateBoot {
 public:
  /// Where the variables say nothing that can be understood, `running` is the truth: it becomes the primary
  /// slot and the other one bad, durably. Where they name `running` as the primary but a boot loader that
  /// counts every boot has used up some of its tries, it gets them back.
  static Result<VariableBoot> open(std::unique_ptr<BootEnvironment> environment,
                                   std::unique_ptr<BootConvention> convention, Slot running);

 private:
  VariableBoot(std::unique_ptr<BootEnvironment> environment, std::unique_ptr<BootConvention> convention,
               BootState state)
      : StateBoot(state), environment_(std::move(environment)), convention_(std::move(convention)) {}
  /// Changes what the variables are now: others may have written theirs meanwhile.
  Result<void> write(const BootState& next) override;

  std::unique_ptr<BootEnvironment> environment_;
  std::unique_ptr<BootConvention> convention_;
};

}  // namespace skiff::agent
