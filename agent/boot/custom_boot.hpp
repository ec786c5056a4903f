// CustomBoot: boot control by an executable of the integrator's, with four verbs.
#pragma once

#include <filesystem>

#include "agent/boot/boot_control.hpp"

namespace skiff::agent {

/// `PROGRAM status` prints lines `key=value`: `booted` (A or B; may be absent), `a` and `b` (good, bad, armed
/// or exhausted), `tries` (a number; absent: 0). `PROGRAM mark-bad SLOT`, `PROGRAM arm SLOT TRIES` and
/// `PROGRAM commit SLOT` change the boot state by one durable write and may be repeated. Exit 0 is success;
/// anything else, or more than 60 seconds, is kIo with the program's output.
class CustomBoot final : public BootControl {
 public:
  explicit CustomBoot(std::filesystem::path program) : program_(std::move(program)) {}
  Result<BootStatus> status() override;
  Result<void> mark_bad(Slot slot) override;
  Result<void> arm(Slot slot, std::uint32_t tries) override;
  Result<void> commit(Slot slot) override;

 private:
  std::filesystem::path program_;
};

/// The status verb's output; unknown keys are ignored, `a` and `b` must be there (kFormat).
Result<BootStatus> parse_custom_status(std::string_view text);

}  // namespace skiff::agent
