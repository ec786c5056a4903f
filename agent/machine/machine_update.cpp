// From a poll to an armed slot.
#include "agent/install/read_back.hpp"
#include "agent/machine/machine.hpp"
#include "agent/machine/trusted_time.hpp"
#include "agent/system/local_time.hpp"
#include "agent/system/log.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

constexpr std::int64_t kDay = 86'400;

using Stop = Outcome::Stop;

std::uint64_t delay_of(const UpdateServer& server) { return server.retry_after().value_or(0); }

bool is_held(const Error& error) { return error.rule == kHeldRule; }

/// Of an error on the way to a permission.
Stop stop_of(const Error& error) {
  if (is_held(error)) return Stop::kHeld;
  return error.kind == ErrorKind::kNetwork ? Stop::kLater : Stop::kRefused;
}

void note(const Installation& installation, UpdateRecord& record) {
  record.release = installation.release.target;
  record.delta = installation.delta.target;
  record.version = installation.release.version;
  record.counter = installation.release.release_counter;
  record.result = installation.release.image;
  record.delta_sha256 = installation.delta.sha256;
  record.delta_length = installation.delta.length;
  record.segments_done = 0;
}

/// Fits the journal: names of signed metadata may be longer than this device can keep.
bool fits(const Installation& installation) {
  return installation.release.target.size() <= kLongestName &&
         installation.delta.target.size() <= kLongestName &&
         installation.release.version.size() <= kLongestName;
}

bool is_same(const Installation& installation, const UpdateRecord& record) {
  return installation.release.image == record.result && installation.delta.sha256 == record.delta_sha256;
}

}  // namespace

Result<Machine::Step> Machine::check() {
  const Installed& running = *identity_.of(options_.running);
  const Result<Plan> plan = check_in(running.image, running.version, State::kIdle);
  if (!plan) {
    log_event("check_in_failed", {{"error", plan.error().text()}});
    return Step{Event::kNothingToDo, Outcome{Stop::kLater, delay_of(deps_.server)}};
  }
  poll_after_ = plan->poll_after;
  if (plan->kind == Plan::Kind::kNothing) {
    return Step{Event::kNothingToDo, Outcome{Stop::kIdle, poll_after_}};
  }
  if (plan->kind == Plan::Kind::kWait) {
    return Step{Event::kNothingToDo, Outcome{Stop::kLater, poll_after_}};
  }
  return judge(*plan);
}

/// Asks the signed metadata whether the plan is allowed, and the device's memory whether it makes sense.
Result<Machine::Step> Machine::judge(const Plan& plan) {
  Result<Installation> installation =
      deps_.server.authorise(plan, facts(identity_.of(options_.running)->image), now());
  if (!installation) {
    log_event("refused", {{"release", plan.release}, {"error", installation.error().text()}});
    return Step{Event::kNothingToDo, Outcome{stop_of(installation.error()), delay_of(deps_.server)}};
  }
  const std::optional<Failures>& failures = identity_.failures;
  const bool given_up =
      failures && failures->image == installation->release.image.sha256 && failures->times >= kMaxFailures;
  if (given_up || !fits(*installation)) {
    log_event("refused",
              {{"release", plan.release}, {"error", given_up ? "it failed too often" : "names too long"}});
    return Step{Event::kNothingToDo, Outcome{Stop::kRefused, poll_after_}};
  }
  if (installation->release.image == identity_.of(options_.running)->image) {
    return Step{Event::kNothingToDo, Outcome{Stop::kIdle, poll_after_}};
  }
  installation_ = std::move(*installation);
  note(*installation_, record_);
  record_.target = other(options_.running);
  record_.report_id = to_hex(random_bytes(16));
  return Step{Event::kAuthorised, {}};
}

/// Before the first byte: the slot cannot be booted, and nobody takes it for what it was.
Result<Machine::Step> Machine::prepare() {
  if (deps_.ask_permit) {
    const Result<void> permitted = deps_.ask_permit(record_.release);
    if (!permitted && permitted.error().kind == ErrorKind::kIo)
      return tl::unexpected<Error>(permitted.error());
    if (!permitted) return failed(Event::kUpdateFailed, "warden: " + permitted.error().text());
  }
  SKIFF_TRY(deps_.boot.mark_bad(record_.target));
  identity_.of(record_.target).reset();
  if (installation_) identity_.issued = std::max(identity_.issued, installation_->release.issued);
  if (now() - identity_.good_time >= kDay) identity_.good_time = now();
  SKIFF_TRY(store_.save(identity_));
  SKIFF_TRY(remove_scratch());
  return Step{Event::kSlotPrepared, {}};
}

Result<void> Machine::remove_scratch() {
  SKIFF_TRY(deps_.storage.remove(mended_file()));
  SKIFF_TRY(deps_.storage.remove(begun_file()));
  return deps_.storage.remove(stash_file());
}

Result<Machine::Step> Machine::apply() {
  if (!installation_) {
    const Plan plan{Plan::Kind::kInstall, record_.release, record_.delta, 0};
    Result<Installation> again =
        deps_.server.authorise(plan, facts(identity_.of(options_.running)->image), now());
    if (!again && again.error().kind == ErrorKind::kNetwork) {
      log_event("refresh_failed", {{"error", again.error().text()}});
      return Step{{}, Outcome{Stop::kLater, delay_of(deps_.server)}};
    }
    if (!again && is_held(again.error())) return held(again.error().text());
    if (!again) return failed(Event::kUpdateFailed, "refused: " + again.error().text());
    if (!is_same(*again, record_)) return failed(Event::kUpdateFailed, "superseded: the target changed");
    installation_ = std::move(*again);
  }
  Installer installer(
      {deps_.storage, deps_.server, deps_.clock, deps_.start_decoder},
      {slot_path(options_.running), slot_path(record_.target), stash_file(), begun_file(), mended_file()},
      options_.limits);
  const Result<void> done = installer.run(*installation_, record_, [this] { return save(); });
  if (done) {
    const std::uint64_t once = std::min(record_.bytes.payload, record_.delta_length);
    record_.bytes.wasted = record_.bytes.payload - once;
    return Step{Event::kImageWritten, {}};
  }
  if (is_held(done.error())) return held(done.error().text());
  const ErrorKind kind = done.error().kind;
  if (kind == ErrorKind::kNetwork || kind == ErrorKind::kCancelled) {
    SKIFF_TRY(save());
    return Step{{}, Outcome{Stop::kLater, delay_of(deps_.server)}};
  }
  return failed(Event::kUpdateFailed, "apply: " + done.error().text());
}

Result<Machine::Step> Machine::verify() {
  const Result<void> same = read_back(deps_.storage, slot_path(record_.target), record_.result);
  if (same) return Step{Event::kReadBackMatches, {}};
  return failed(Event::kUpdateFailed, same.error().text());
}

Result<Machine::Step> Machine::held(std::string reason) {
  record_.reason = std::move(reason);
  SKIFF_TRY(save());
  return Step{{}, Outcome{Stop::kHeld, delay_of(deps_.server)}};
}

/// A boot of the new slot interrupts what the device is there for: not before its hours for that.
Result<Machine::Step> Machine::decide_arming() {
  const std::int64_t wall = deps_.clock.wall();
  if (options_.install.any() && !is_clock_set(wall))
    return held("held: install windows, and the clock is not set");
  const std::uint64_t wait = options_.install.wait(local_time(wall).second, options_.seed);
  if (wait == 0) return Step{Event::kArmingDecided, {}};
  SKIFF_ASSIGN(Step step, held("held: outside the install windows " + options_.install.text()));
  step.stop->delay = wait;
  return step;
}

/// The journal says ARMED already. Telling the boot state again what it knows would give back used-up tries.
Result<Machine::Step> Machine::arm() {
  SKIFF_ASSIGN(const BootStatus boot, deps_.boot.status());
  if (boot.of(record_.target) != Bootable::kArmed) {
    const Result<void> armed = deps_.boot.arm(record_.target, options_.tries);
    if (!armed && armed.error().kind == ErrorKind::kMismatch) {
      return failed(Event::kUpdateFailed, "arm: " + armed.error().text());
    }
    SKIFF_TRY(armed);
  }
  return Step{{}, Outcome{Stop::kReboot, 0}};
}

}  // namespace skiff::agent
