// reconcile: what a start of the agent means, given what the journal says and what the boot loader did.
#pragma once

#include <optional>

#include "agent/boot/boot_control.hpp"
#include "agent/machine/state.hpp"

namespace skiff::agent {

struct Situation {
  State state = State::kIdle;          ///< as the journal has it
  Slot target = Slot::kB;              ///< the slot of the update under way
  Slot running = Slot::kA;             ///< the slot that runs
  Bootable bootable = Bootable::kBad;  ///< the boot state of the target slot
  bool operator==(const Situation&) const = default;
};

/// The event that happened while the agent was not looking; nullopt: none, go on where the journal stands.
///
/// The running slot is the truth. A slot that runs while the journal wants to write it makes the update fail:
/// the running slot is never written. A commit that the boot state knows and the journal does not, counts.
constexpr std::optional<Event> reconcile(const Situation& now) {
  const bool runs_target = now.running == now.target;
  switch (now.state) {
    case State::kPlanned:
    case State::kApplying:
    case State::kWritten:
    case State::kVerified:
      return runs_target ? std::optional(Event::kUpdateFailed) : std::nullopt;
    case State::kArmed:
      if (runs_target) return Event::kBootedNew;
      return now.bootable == Bootable::kExhausted ? std::optional(Event::kBootedOld) : std::nullopt;
    case State::kTrial:
    case State::kChecks:
    case State::kContact:
      if (!runs_target) return Event::kBootedOld;
      return now.bootable == Bootable::kGood ? std::optional(Event::kCommitted) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace skiff::agent
