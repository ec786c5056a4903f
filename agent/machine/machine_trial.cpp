// From the first boot of a new slot to its commit or its end, and the report of it.
#include "agent/install/read_back.hpp"
#include "agent/machine/machine.hpp"
#include "agent/system/log.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kMaxChecksFile = 65'536;

using Stop = Outcome::Stop;
using Verdict = ChecksOutcome::Verdict;

std::filesystem::path checks_file(const MachineOptions& options) { return options.state_dir / "checks.json"; }

Json read_checks(Storage& storage, const MachineOptions& options) {
  const Result<Bytes> bytes = read_small(storage, checks_file(options), kMaxChecksFile);
  if (!bytes) return Json::Array{};
  Result<Json> json = parse_json(*bytes);
  return json ? std::move(*json) : Json(Json::Array{});
}

}  // namespace

Result<Machine::Step> Machine::begin_trial() {
  record_.trial_seconds = 0;
  record_.trial_uptime = deps_.clock.uptime();
  SKIFF_TRY(deps_.storage.remove(checks_file(options_)));
  return Step{Event::kTrialBegins, {}};
}

Result<Machine::Step> Machine::run_checks() {
  const ChecksOutcome outcome = deps_.checks.run();
  SKIFF_TRY(replace(deps_.storage, checks_file(options_), as_bytes(json_text(checks_json(outcome.results)))));
  if (outcome.verdict == Verdict::kPassed) return Step{Event::kChecksPassed, {}};
  log_event("check_not_passed", {{"reason", outcome.reason}});
  if (outcome.verdict == Verdict::kFailed) return failed(Event::kTrialFailed, outcome.reason);
  return trial_later(outcome.reason);
}

/// An answer to this device's certificate, from the new slot, is what the server's outage cannot fake. Only
/// then is the new slot kept: one write of the boot state, which alone decides.
Result<Machine::Step> Machine::contact() {
  const Result<Plan> plan = check_in(record_.result, record_.version, State::kContact);
  if (!plan) return trial_later("contact: " + plan.error().text());
  SKIFF_TRY(deps_.boot.commit(record_.target));
  return Step{Event::kCommitted, {}};
}

/// Not now: stay in the trial, and give it up only when its time is over. Time of trial is counted by uptime,
/// so that a clock that is set meanwhile ends no trial.
Result<Machine::Step> Machine::trial_later(std::string reason) {
  const std::uint64_t uptime = deps_.clock.uptime();
  const bool rebooted = uptime < record_.trial_uptime;
  record_.trial_seconds += rebooted ? uptime : uptime - record_.trial_uptime;
  record_.trial_uptime = uptime;
  if (record_.trial_seconds >= options_.trial_deadline) return failed(Event::kTrialFailed, std::move(reason));
  log_event("trial_waits", {{"seconds", std::to_string(record_.trial_seconds)}, {"reason", reason}});
  SKIFF_TRY(save());
  return Step{{}, Outcome{Stop::kLater, deps_.server.retry_after().value_or(0)}};
}

/// Final. First who we are and the floor, then the report.
Result<Machine::Step> Machine::settle_commit() {
  identity_.of(record_.target) = Installed{record_.result, record_.version};
  identity_.active = record_.target;
  identity_.counter_floor = std::max(identity_.counter_floor, record_.counter);
  identity_.good_time = std::max(identity_.good_time, now());
  if (identity_.failures && identity_.failures->image == record_.result.sha256) identity_.failures.reset();
  SKIFF_TRY(store_.save(identity_));
  return queue_report();
}

Result<Machine::Step> Machine::settle_failure() {
  // The base may not be what it was (a slot that was mounted writable): the server has to hear what it is
  // now.
  std::optional<Installed>& running = identity_.of(options_.running);
  if (running) {
    SKIFF_ASSIGN(const ImageId image,
                 identify_slot(deps_.storage, slot_path(options_.running), running->image.length));
    if (image != running->image) {
      log_event("base_changed", {{"was", running->image.sha256.hex()}, {"is", image.sha256.hex()}});
      running = Installed{image, ""};
    }
  }
  SKIFF_TRY(count_failure());
  return queue_report();
}

Result<Machine::Step> Machine::roll_back() {
  SKIFF_TRY(deps_.boot.mark_bad(record_.target));
  if (options_.running == record_.target) return Step{{}, Outcome{Stop::kReboot, 0}};
  SKIFF_TRY(count_failure());
  return queue_report();
}

/// Counts once however often it is called for one update: the report's id tells.
Result<void> Machine::count_failure() {
  std::optional<Failures>& failures = identity_.failures;
  if (!failures || failures->image != record_.result.sha256)
    failures = Failures{record_.result.sha256, 0, ""};
  if (failures->last_report == record_.report_id) return {};
  ++failures->times;
  failures->last_report = record_.report_id;
  return store_.save(identity_);
}

Result<Machine::Step> Machine::queue_report() {
  count();
  const std::string text =
      report_text(record_, identity_.of(options_.running)->image, read_checks(deps_.storage, options_));
  SKIFF_TRY(reports_.put(record_.report_id, text));
  return Step{Event::kReportQueued, {}};
}

Result<Machine::Step> Machine::finish() {
  send_reports();
  installation_.reset();
  SKIFF_TRY(deps_.storage.remove(checks_file(options_)));
  SKIFF_TRY(remove_scratch());
  return Step{Event::kSettled, Outcome{Stop::kIdle, 0}};
}

/// A report that cannot be sent now is sent later, and changes nothing else.
void Machine::send_reports() {
  const Result<void> sent =
      reports_.flush([this](std::string_view text) { return deps_.server.send_report(text); });
  if (!sent) log_event("report_waits", {{"error", sent.error().text()}});
}

}  // namespace skiff::agent
