// BootControl: what the agent asks of a boot loader that knows two slots.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "skiff/result.hpp"

namespace skiff::agent {

enum class Slot : std::uint8_t { kA, kB };

constexpr Slot other(Slot slot) { return slot == Slot::kA ? Slot::kB : Slot::kA; }
constexpr std::string_view to_string(Slot slot) { return slot == Slot::kA ? "A" : "B"; }
constexpr std::optional<Slot> slot_of(std::string_view name) {
  if (name == "A") return Slot::kA;
  if (name == "B") return Slot::kB;
  return std::nullopt;
}

enum class Bootable : std::uint8_t {
  kGood,       ///< committed, now or before: boots without counting
  kBad,        ///< never booted
  kArmed,      ///< is tried next, while tries are left
  kExhausted,  ///< was armed, and its tries ran out without a commit
};
std::string_view to_string(Bootable bootable);
std::optional<Bootable> bootable_of(std::string_view name);

struct BootStatus {
  std::optional<Slot> booted;   ///< the slot that runs, where the boot loader tells
  std::optional<Slot> primary;  ///< boots where no other is armed, where the boot loader tells
  Bootable a = Bootable::kGood;
  Bootable b = Bootable::kBad;
  std::uint32_t tries = 0;  ///< left to the armed slot
  [[nodiscard]] Bootable of(Slot slot) const { return slot == Slot::kA ? a : b; }
};

/// Each call that changes something is one synced write, durable when it returns, and may be repeated. The
/// boot loader counts tries down itself and falls back by itself, whether the agent lives or not. A boot
/// loader never has no slot left to boot: what would take the last good one is refused (kUsage).
class BootControl {
 public:
  virtual ~BootControl() = default;
  virtual Result<BootStatus> status() = 0;
  /// `slot` is not booted again; if it was the one on trial, the other boots next.
  virtual Result<void> mark_bad(Slot slot) = 0;
  /// `slot` is booted next, at most `tries` times, unless it is committed meanwhile.
  virtual Result<void> arm(Slot slot, std::uint32_t tries) = 0;
  /// `slot` is booted from now on.
  virtual Result<void> commit(Slot slot) = 0;
};

}  // namespace skiff::agent
