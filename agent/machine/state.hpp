// The states of an update as data: one table says every step that is allowed; agent/STATES.md draws it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace skiff::agent {

enum class State : std::uint8_t {
  kIdle,
  kChecking,
  kPlanned,
  kApplying,
  kWritten,
  kVerified,
  kArmed,
  kTrial,
  kChecks,
  kContact,
  kCommitted,
  kFailed,
  kRolledBack,
  kReported,
};
inline constexpr std::size_t kStates = 14;

enum class Event : std::uint8_t {
  kPollDue,          ///< it is time to ask the server
  kNothingToDo,      ///< the server has nothing for this device now, or cannot be reached
  kAuthorised,       ///< signed metadata allows the plan
  kSlotPrepared,     ///< the boot state says durably that the inactive slot cannot be booted
  kImageWritten,     ///< every segment is in the slot and synced
  kReadBackMatches,  ///< the slot, read back from the medium, has the signed SHA-256
  kArmingDecided,    ///< the slot may be tried: the boot state is told next
  kBootedNew,        ///< the new slot runs
  kBootedOld,        ///< the boot loader gave the new slot up
  kTrialBegins,      ///< the trial's clock runs
  kChecksPassed,     ///< every check of checks.d exited 0
  kCommitted,        ///< the boot state says durably that the new slot stays
  kUpdateFailed,     ///< no slot is armed: this update cannot be finished
  kTrialFailed,      ///< after arming: a check failed, or the trial's time is over
  kReportQueued,     ///< the report is on disk
  kSettled,          ///< the queue was tried; what could not be sent is sent later
};
inline constexpr std::size_t kEvents = 16;

struct Transition {
  State from;
  Event event;
  State to;
};

inline constexpr auto kTransitions = std::to_array<Transition>({
    {State::kIdle, Event::kPollDue, State::kChecking},
    {State::kChecking, Event::kNothingToDo, State::kIdle},
    {State::kChecking, Event::kAuthorised, State::kPlanned},
    {State::kPlanned, Event::kSlotPrepared, State::kApplying},
    {State::kPlanned, Event::kUpdateFailed, State::kFailed},
    {State::kApplying, Event::kImageWritten, State::kWritten},
    {State::kApplying, Event::kUpdateFailed, State::kFailed},
    {State::kWritten, Event::kReadBackMatches, State::kVerified},
    {State::kWritten, Event::kUpdateFailed, State::kFailed},
    {State::kVerified, Event::kArmingDecided, State::kArmed},
    {State::kVerified, Event::kUpdateFailed, State::kFailed},
    {State::kArmed, Event::kUpdateFailed, State::kFailed},
    {State::kArmed, Event::kBootedNew, State::kTrial},
    {State::kArmed, Event::kBootedOld, State::kRolledBack},
    {State::kTrial, Event::kTrialBegins, State::kChecks},
    {State::kTrial, Event::kBootedOld, State::kRolledBack},
    {State::kTrial, Event::kCommitted, State::kCommitted},
    {State::kChecks, Event::kChecksPassed, State::kContact},
    {State::kChecks, Event::kTrialFailed, State::kRolledBack},
    {State::kChecks, Event::kBootedOld, State::kRolledBack},
    {State::kChecks, Event::kCommitted, State::kCommitted},
    {State::kContact, Event::kCommitted, State::kCommitted},
    {State::kContact, Event::kTrialFailed, State::kRolledBack},
    {State::kContact, Event::kBootedOld, State::kRolledBack},
    {State::kCommitted, Event::kReportQueued, State::kReported},
    {State::kFailed, Event::kReportQueued, State::kReported},
    {State::kRolledBack, Event::kReportQueued, State::kReported},
    {State::kReported, Event::kSettled, State::kIdle},
});

/// The name as reports, the journal and STATES.md have it: "ROLLED_BACK".
std::string_view to_string(State state);
std::string_view to_string(Event event);
std::optional<State> state_of(std::string_view name);

/// The only way from a state to another; nullopt: this event cannot happen in this state.
constexpr std::optional<State> next_state(State state, Event event) {
  for (const Transition& row : kTransitions) {
    if (row.from == state && row.event == event) return row.to;
  }
  return std::nullopt;
}

/// CHECKING is forgotten by a restart: nothing has happened yet, and polls would wear the flash.
constexpr bool is_durable(State state) { return state != State::kChecking; }

}  // namespace skiff::agent
