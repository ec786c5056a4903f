#include "agent/machine/state.hpp"

namespace skiff::agent {
namespace {

constexpr std::array<std::string_view, kStates> kStateNames = {
    "IDLE",  "CHECKING", "PLANNED", "APPLYING",  "WRITTEN", "VERIFIED",    "ARMED",
    "TRIAL", "CHECKS",   "CONTACT", "COMMITTED", "FAILED",  "ROLLED_BACK", "REPORTED"};

constexpr std::array<std::string_view, kEvents> kEventNames = {
    "poll due",       "nothing to do", "authorised",    "slot prepared", "image written", "read-back matches",
    "arming decided", "booted new",    "booted old",    "trial begins",  "checks passed", "committed",
    "update failed",  "trial failed",  "report queued", "settled"};

using Mask = std::uint32_t;
constexpr Mask bit(State state) { return Mask{1} << static_cast<unsigned>(state); }
constexpr Mask kAll = (Mask{1} << kStates) - 1;

/// States that can be reached from those in `seen`, or, backwards, from which those can be reached.
constexpr Mask closure(Mask seen, bool backwards) {
  for (std::size_t round = 0; round < kStates; ++round) {
    for (const Transition& row : kTransitions) {
      const State from = backwards ? row.to : row.from;
      const State to = backwards ? row.from : row.to;
      if ((seen & bit(from)) != 0) seen |= bit(to);
    }
  }
  return seen;
}

constexpr bool no_pair_twice() {
  for (std::size_t i = 0; i < kTransitions.size(); ++i) {
    for (std::size_t j = i + 1; j < kTransitions.size(); ++j) {
      if (kTransitions[i].from == kTransitions[j].from && kTransitions[i].event == kTransitions[j].event) {
        return false;
      }
    }
  }
  return true;
}

/// Every state in which the new slot may be running and is not committed knows what to do when the boot
/// loader has gone back.
constexpr bool every_trial_can_fall_back() {
  for (const State state : {State::kArmed, State::kTrial, State::kChecks, State::kContact}) {
    if (next_state(state, Event::kBootedOld) != State::kRolledBack) return false;
  }
  return true;
}

/// COMMITTED has one way on: its report.
constexpr bool commit_is_final() {
  for (const Transition& row : kTransitions) {
    if (row.from == State::kCommitted && row.to != State::kReported) return false;
  }
  return true;
}

static_assert(no_pair_twice(), "a state has one answer to an event");
static_assert(closure(bit(State::kIdle), false) == kAll, "every state is reached from IDLE");
static_assert(closure(bit(State::kIdle), true) == kAll, "from every state there is a way back to IDLE");
static_assert(every_trial_can_fall_back(), "a boot that fell back is understood in every state of a trial");
static_assert(commit_is_final(), "nothing after COMMITTED rolls back");

}  // namespace

std::string_view to_string(State state) { return kStateNames[static_cast<std::size_t>(state)]; }
std::string_view to_string(Event event) { return kEventNames[static_cast<std::size_t>(event)]; }

std::optional<State> state_of(std::string_view name) {
  for (std::size_t i = 0; i < kStates; ++i) {
    if (kStateNames[i] == name) return static_cast<State>(i);
  }
  return std::nullopt;
}

}  // namespace skiff::agent
