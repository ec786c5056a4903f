#include "agent/machine/machine.hpp"

#include "agent/install/read_back.hpp"
#include "agent/machine/reconcile.hpp"
#include "agent/machine/trusted_time.hpp"
#include "agent/system/log.hpp"
#include "agent/system/peak_memory.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

/// States in which the target slot may run without being what this device is, yet or any more.
bool may_be_tried(State state) {
  return state == State::kTrial || state == State::kChecks || state == State::kContact ||
         state == State::kCommitted || state == State::kRolledBack;
}

}  // namespace

Machine::Machine(MachineDeps deps, MachineOptions options, StateStore store)
    : deps_(deps),
      options_(std::move(options)),
      store_(std::move(store)),
      reports_(deps.storage, options_.state_dir / "reports"),
      counted_(deps.server.traffic()),
      counted_uptime_(deps.clock.uptime()) {}

Result<Machine> Machine::open(MachineDeps deps, MachineOptions options) {
  SKIFF_ASSIGN(StateStore store, StateStore::open(deps.storage, options.state_dir));
  Machine machine(deps, std::move(options), std::move(store));
  SKIFF_TRY(machine.take_up());
  return machine;
}

Result<void> Machine::take_up() {
  SKIFF_ASSIGN(const BootStatus boot, deps_.boot.status());
  const Slot running = options_.running;
  const std::optional<UpdateRecord> record = store_.record();
  if (record) record_ = *record;
  identity_ = store_.identity().value_or(Identity{});
  if (record_.state == State::kIdle && boot.of(running) == Bootable::kArmed) {
    // A trial that nothing is known of cannot be committed.
    record_.state = State::kRolledBack;
    record_.target = running;
    record_.report_id = to_hex(random_bytes(16));
    record_.reason = "journal: lost during the trial";
  } else if (!record) {
    SKIFF_TRY(deps_.boot.mark_bad(other(running)));
  }
  SKIFF_TRY(save());
  const Situation situation{record_.state, record_.target, running, boot.of(record_.target)};
  const std::optional<Event> event = reconcile(situation);
  if (event == Event::kUpdateFailed) record_.reason = "boot: the slot that was being written runs";
  if (event == Event::kBootedOld) record_.reason = "boot: tries ran out";
  if (event) SKIFF_TRY(move(*event));
  return learn_identity();
}

/// The running image by its hash, where it is not known: before the first update, or after the record was
/// lost.
Result<void> Machine::learn_identity() {
  std::optional<Installed>& running = identity_.of(options_.running);
  const bool on_trial = may_be_tried(record_.state) && record_.target == options_.running;
  if (running || on_trial) return {};
  Installed installed;
  SKIFF_ASSIGN(installed.image, identify_slot(deps_.storage, slot_path(options_.running), 0));
  running = std::move(installed);
  identity_.active = options_.running;
  return store_.save(identity_);
}

Result<Outcome> Machine::run() {
  for (;;) {
    SKIFF_ASSIGN(const Step step, act());
    if (step.event) SKIFF_TRY(move(*step.event));
    if (!step.stop) continue;
    Outcome outcome = *step.stop;
    outcome.under_way = record_.state != State::kIdle;
    return outcome;
  }
}

Result<void> Machine::move(Event event) {
  const std::optional<State> next = next_state(record_.state, event);
  if (!next) {
    return fail(ErrorKind::kUsage, std::string(to_string(event)) + " cannot happen in state " +
                                       std::string(to_string(record_.state)));
  }
  log_event("state", {{"from", std::string(to_string(record_.state))},
                      {"by", std::string(to_string(event))},
                      {"to", std::string(to_string(*next))},
                      {"reason", record_.reason}});
  record_.state = *next;
  if (*next == State::kIdle) record_ = UpdateRecord{};
  return save();
}

Result<void> Machine::save() {
  deps_.clock.tick();
  count();
  return is_durable(record_.state) ? store_.save(record_) : Result<void>{};
}

/// Brings the record's bytes and seconds up to date; an idle agent's are nobody's.
void Machine::count() {
  const Traffic traffic = deps_.server.traffic();
  const std::uint64_t uptime = deps_.clock.uptime();
  if (record_.state != State::kIdle) {
    record_.bytes.metadata += traffic.metadata - counted_.metadata;
    record_.bytes.wire += traffic.wire - counted_.wire;
    record_.seconds += uptime - std::min(uptime, counted_uptime_);
    record_.peak_memory = std::max(record_.peak_memory, peak_memory());
  }
  counted_ = traffic;
  counted_uptime_ = uptime;
}

Result<Machine::Step> Machine::act() {
  switch (record_.state) {
    case State::kIdle:
      send_reports();
      return Step{Event::kPollDue, {}};
    case State::kChecking:
      return check();
    case State::kPlanned:
      return prepare();
    case State::kApplying:
      return apply();
    case State::kWritten:
      return verify();
    case State::kVerified:
      return decide_arming();
    case State::kArmed:
      return arm();
    case State::kTrial:
      return begin_trial();
    case State::kChecks:
      return run_checks();
    case State::kContact:
      return contact();
    case State::kCommitted:
      return settle_commit();
    case State::kFailed:
      return settle_failure();
    case State::kRolledBack:
      return roll_back();
    case State::kReported:
      return finish();
  }
  return fail(ErrorKind::kUsage, "no such state");
}

Machine::Step Machine::failed(Event event, std::string reason) {
  reason.resize(std::min(reason.size(), kLongestReason));
  record_.reason = std::move(reason);
  return {event, {}};
}

/// No slot is kept whose decoder does not start: it could not be updated again.
Result<Plan> Machine::check_in(const ImageId& image, const std::string& version, State state) {
  const Result<RepackerVersions> repackers = deps_.repackers();
  if (!repackers && state == State::kContact) return tl::unexpected<Error>(repackers.error());
  return deps_.server.check_in(
      {facts(image), version, std::string(to_string(state)), repackers.value_or(RepackerVersions{})});
}

DeviceFacts Machine::facts(const ImageId& image) const {
  return {options_.hardware, image, identity_.counter_floor, options_.limits.decoder_memory,
          std::string(kAgentVersion)};
}

std::int64_t Machine::now() const {
  return trusted_time({deps_.clock.wall(), identity_.good_time, kBuildTime, identity_.issued});
}

}  // namespace skiff::agent
