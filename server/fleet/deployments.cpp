#include "fleet/deployments.hpp"

#include <algorithm>

#include "event_log.hpp"
#include "store/alarms.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"

namespace skiff::server {
namespace {

constexpr std::int64_t kCountEvery = 60;  // seconds

Deployment read_deployment(const soci::row& row) {
  Deployment deployment;
  deployment.id = row.get<Integer>("id");
  DeploymentOrder& order = deployment.order;
  order.release = row.get<std::string>("release");
  order.group = row.get<std::string>("group_name");
  order.phases = parse_phases(row.get<std::string>("phases")).value_or(std::vector<Phase>{});
  order.filter = row.get<std::string>("filter");
  order.deadline = row.get<Integer>("deadline");
  order.created_by = row.get<std::string>("created_by");
  order.priority = row.get<Integer>("priority");
  order.begins = row.get<Integer>("begins");
  order.window = {row.get<Integer>("window_opens"), row.get<Integer>("window_length")};
  order.spread = row.get<Integer>("spread");
  order.success_percent = row.get<Integer>("success_percent");
  order.failure_percent = row.get<Integer>("failure_percent");
  order.attempts = row.get<Integer>("attempts");
  order.retry_after = row.get<Integer>("retry_after");
  order.allow_full = row.get<Integer>("allow_full") != 0;
  deployment.phase = unsigned_column(row, "phase");
  deployment.state = parse_deployment_state(row.get<std::string>("state"));
  deployment.reason = row.get<std::string>("reason");
  deployment.created = row.get<Integer>("created");
  deployment.started = unsigned_column(row, "started");
  deployment.committed = unsigned_column(row, "committed");
  deployment.failed = unsigned_column(row, "failed");
  if (deployment.phase >= order.phases.size())
    throw soci::soci_error("a deployment is in no phase of its own");
  return deployment;
}

std::vector<Deployment> read_all(const soci::rowset<soci::row>& rows) {
  std::vector<Deployment> deployments;
  for (const soci::row& row : rows) deployments.push_back(read_deployment(row));
  return deployments;
}

/// Of a release, those that decide first.
std::vector<Deployment> deployments_of(soci::session& sql, const std::string& release) {
  return read_all(
      (sql.prepare << "SELECT * FROM deployments WHERE release = :release ORDER BY priority DESC, id",
       soci::use(release)));
}

/// What changes of a deployment after it was made.
void save(soci::session& sql, const Deployment& deployment) {
  const auto phase = static_cast<Integer>(deployment.phase);
  const std::string state(to_string(deployment.state));
  const auto started = static_cast<Integer>(deployment.started);
  const auto committed = static_cast<Integer>(deployment.committed);
  const auto failed = static_cast<Integer>(deployment.failed);
  const Integer id = deployment.id;
  sql << "UPDATE deployments SET phase = :phase, state = :state, reason = :reason, started = :started,"
         " committed = :committed, failed = :failed WHERE id = :id",
      soci::use(phase), soci::use(state), soci::use(deployment.reason), soci::use(started),
      soci::use(committed), soci::use(failed), soci::use(id);
}

DeviceProgress find_progress(soci::session& sql, Integer deployment, const std::string& serial) {
  DeviceProgress progress;
  std::string state;
  Integer attempts = 0;
  Integer changed = 0;
  sql << "SELECT state, attempts, changed FROM deployment_devices"
         " WHERE deployment = :deployment AND serial = :serial",
      soci::use(deployment), soci::use(serial), soci::into(state), soci::into(attempts), soci::into(changed);
  if (!sql.got_data()) return progress;
  return {parse_progress(state), attempts, changed};
}

void save_progress(soci::session& sql, Integer deployment, const std::string& serial,
                   const DeviceProgress& progress, Integer now) {
  const std::string state(to_string(progress.state));
  const Integer attempts = progress.attempts;
  sql << "INSERT INTO deployment_devices (deployment, serial, state, attempts, changed)"
         " VALUES (:deployment, :serial, :state, :attempts, :now)"
         " ON CONFLICT (deployment, serial) DO UPDATE SET state = excluded.state,"
         " attempts = excluded.attempts, changed = excluded.changed",
      soci::use(deployment), soci::use(serial), soci::use(state), soci::use(attempts), soci::use(now);
}

/// A device that once matched and was updated may match no more: it keeps what it has.
bool passes(const DeploymentOrder& order, const DeviceTraits& device) {
  if (order.filter.empty()) return true;
  const auto filter = DeviceFilter::parse(order.filter);
  return filter && filter->matches(device);
}

/// Devices that neither started nor were in contact within the deadline; how many became silent now.
std::uint64_t count_silent(soci::session& sql, const Deployment& deployment, Integer now) {
  if (deployment.order.deadline <= 0) return 0;
  const Integer id = deployment.id;
  const Integer before = now - deployment.order.deadline;
  soci::statement fall_silent =
      (sql.prepare
           << "UPDATE deployment_devices SET state = 'silent', changed = :now"
              " WHERE deployment = :id AND state = 'started' AND changed <= :before"
              " AND NOT EXISTS (SELECT 1 FROM devices WHERE devices.serial = deployment_devices.serial"
              " AND devices.last_contact > :contact)",
       soci::use(now), soci::use(id), soci::use(before), soci::use(before));
  fall_silent.execute(true);
  return static_cast<std::uint64_t>(fall_silent.get_affected_rows());
}

bool is_approved(soci::session& sql, Integer deployment, const std::vector<std::string>& groups) {
  return std::all_of(groups.begin(), groups.end(), [&](const std::string& group) {
    int found = 0;
    sql << "SELECT COUNT(*) FROM approvals WHERE deployment = :deployment AND group_name = :group",
        soci::use(deployment), soci::use(group), soci::into(found);
    return found != 0;
  });
}

void begin_update(soci::session& sql, Deployment deployment, const std::string& serial,
                  DeviceProgress progress, Integer now) {
  using State = DeviceProgress::State;
  if (progress.state == State::kStarted || progress.state == State::kCommitted) return;
  if (progress.state == State::kNone) ++deployment.started;
  if (progress.state != State::kNone) --deployment.failed;
  const std::int64_t begun = progress.state == State::kSilent ? 0 : 1;
  save_progress(sql, deployment.id, serial, {State::kStarted, progress.attempts + begun}, now);
  save(sql, deployment);
}

/// What webhooks are told of a deployment.
Json::Object json_of(const Deployment& deployment) {
  return {{"id", deployment.id},
          {"release", deployment.order.release},
          {"group", deployment.order.group},
          {"state", to_string(deployment.state)},
          {"reason", deployment.reason},
          {"started", deployment.started},
          {"committed", deployment.committed},
          {"failed", deployment.failed}};
}

/// Tells of a deployment that is in another state now.
void tell_state(soci::session& sql, const Deployment& deployment, std::int64_t now) {
  constexpr std::array kKinds = {kDeploymentResumed, kDeploymentPaused, kDeploymentFinished,
                                 kDeploymentAborted};
  post_event(sql, {kKinds[static_cast<std::size_t>(deployment.state)], json_of(deployment), now});
}

void log_change(const Deployment& deployment) {
  log_event(Severity::kInfo, "deployment",
            {{"id", static_cast<std::uint64_t>(deployment.id)},
             {"release", deployment.order.release},
             {"state", to_string(deployment.state)},
             {"phase", deployment.phase},
             {"reason", deployment.reason},
             {"started", deployment.started},
             {"committed", deployment.committed},
             {"failed", deployment.failed}});
}

void pause_failing(soci::session& sql, Deployment& deployment, std::int64_t now) {
  if (deployment.state != DeploymentState::kRunning || !fails_too_often(deployment)) return;
  deployment.state = DeploymentState::kPaused;
  deployment.reason = std::to_string(deployment.failed) + " of " +
                      std::to_string(deployment.committed + deployment.failed) + " devices failed";
  raise_alarm(sql, {std::string(kFailingDeployment), std::to_string(deployment.id), deployment.reason}, now);
  bump_epoch(sql);
  tell_state(sql, deployment, now);
  log_change(deployment);
}

}  // namespace

Result<std::int64_t> DeploymentStore::create(const DeploymentOrder& order, std::int64_t now) {
  if (!order.filter.empty()) SKIFF_TRY(DeviceFilter::parse(order.filter));
  const auto id = database_.transact("create a deployment", [&](soci::session& sql) -> std::int64_t {
    int groups = 0;
    sql << "SELECT COUNT(*) FROM groups WHERE name = :name", soci::use(order.group), soci::into(groups);
    if (groups == 0 && !order.group.empty()) return 0;
    Integer next = 0;
    sql << "SELECT COALESCE(MAX(id), 0) + 1 FROM deployments", soci::into(next);
    const std::string phases = to_string(order.phases);
    const Integer created = now;
    const std::array<Integer, 11> numbers = {
        order.priority, order.begins,          order.window.opens,      order.window.length,
        order.spread,   order.success_percent, order.failure_percent,   order.attempts,
        order.deadline, order.retry_after,     order.allow_full ? 1 : 0};
    sql << "INSERT INTO deployments (id, release, group_name, phases, phase, state, reason, created, "
           "priority,"
           " begins, window_opens, window_length, spread, success_percent, failure_percent, attempts, "
           "deadline,"
           " retry_after, allow_full, created_by, filter, started, committed, failed)"
           " VALUES (:id, :release, :group, :phases, 0, 'running', '', :created, :priority,"
           " :begins, :opens, :length, :spread, :success, :failure, :attempts, :deadline,"
           " :retry_after, :allow_full, :created_by, :filter, 0, 0, 0)",
        soci::use(next), soci::use(order.release), soci::use(order.group), soci::use(phases),
        soci::use(created), soci::use(numbers[0]), soci::use(numbers[1]), soci::use(numbers[2]),
        soci::use(numbers[3]), soci::use(numbers[4]), soci::use(numbers[5]), soci::use(numbers[6]),
        soci::use(numbers[7]), soci::use(numbers[8]), soci::use(numbers[9]), soci::use(numbers[10]),
        soci::use(order.created_by), soci::use(order.filter);
    bump_epoch(sql);
    Deployment made;
    made.id = next;
    made.order = order;
    Json::Object data = json_of(made);
    data["who"] = order.created_by;
    post_event(sql, {kDeploymentCreated, std::move(data), now});
    return next;
  });
  if (id && *id == 0) return fail(ErrorKind::kNotFound, "there is no group " + order.group);
  return id;
}

Result<std::vector<Deployment>> DeploymentStore::list() {
  return database_.transact("list deployments", [](soci::session& sql) {
    return read_all(sql.prepare << "SELECT * FROM deployments ORDER BY id");
  });
}

Result<void> DeploymentStore::set_state(std::int64_t id, DeploymentState state, const std::string& reason,
                                        std::int64_t now) {
  enum class Outcome : std::uint8_t { kDone, kNone, kOver };
  const auto outcome = database_.transact("change a deployment", [&](soci::session& sql) {
    const Integer wanted = id;
    auto found = read_all((sql.prepare << "SELECT * FROM deployments WHERE id = :id", soci::use(wanted)));
    if (found.empty()) return Outcome::kNone;
    Deployment& deployment = found.front();
    if (deployment.state == DeploymentState::kAborted) return Outcome::kOver;
    const bool is_change = deployment.state != state;
    deployment.state = state;
    deployment.reason = reason;
    save(sql, deployment);
    bump_epoch(sql);
    if (is_change) tell_state(sql, deployment, now);
    log_change(deployment);
    return Outcome::kDone;
  });
  if (!outcome) return tl::unexpected(outcome.error());
  if (*outcome == Outcome::kDone) return {};
  const std::string name = "deployment " + std::to_string(id);
  if (*outcome == Outcome::kNone) return fail(ErrorKind::kNotFound, "there is no " + name);
  return fail(ErrorKind::kUsage, name + " was aborted");
}

Result<void> DeploymentStore::approve(const Approval& approval, std::int64_t now) {
  enum class Outcome : std::uint8_t { kDone, kNone, kOwn, kOpen };
  const auto outcome = database_.transact("approve a deployment", [&](soci::session& sql) {
    const Integer id = approval.deployment;
    const Integer time = now;
    std::string creator;
    sql << "SELECT created_by FROM deployments WHERE id = :id", soci::use(id), soci::into(creator);
    if (!sql.got_data()) return Outcome::kNone;
    if (creator == approval.who) return Outcome::kOwn;
    int guarded = 0;
    sql << "SELECT COUNT(*) FROM groups WHERE name = :name AND protected <> 0", soci::use(approval.group),
        soci::into(guarded);
    if (guarded == 0) return Outcome::kOpen;
    sql << "INSERT INTO approvals (deployment, group_name, who, time) VALUES (:id, :group, :who, :time)"
           " ON CONFLICT (deployment, group_name) DO NOTHING",
        soci::use(id), soci::use(approval.group), soci::use(approval.who), soci::use(time);
    bump_epoch(sql);
    Json::Object data = {{"id", approval.deployment}, {"group", approval.group}, {"who", approval.who}};
    post_event(sql, {kDeploymentApproved, std::move(data), now});
    return Outcome::kDone;
  });
  if (!outcome) return tl::unexpected(outcome.error());
  switch (*outcome) {
    case Outcome::kDone:
      return {};
    case Outcome::kNone:
      return fail(ErrorKind::kNotFound, "there is no deployment " + std::to_string(approval.deployment));
    case Outcome::kOwn:
      return fail(ErrorKind::kUsage, approval.who + " made the deployment: another has to approve it");
    case Outcome::kOpen:
      break;
  }
  return fail(ErrorKind::kUsage, "no group " + approval.group + " is protected");
}

Result<std::vector<Approval>> DeploymentStore::approvals() {
  return database_.transact("list approvals", [](soci::session& sql) {
    std::vector<Approval> approvals;
    const soci::rowset<soci::row> rows =
        sql.prepare << "SELECT deployment, group_name, who FROM approvals ORDER BY deployment, group_name";
    for (const soci::row& row : rows) {
      approvals.push_back({row.get<Integer>(0), row.get<std::string>(1), row.get<std::string>(2)});
    }
    return approvals;
  });
}

Result<DeployedReleases> DeploymentStore::releases() {
  return database_.transact("list deployed releases", [](soci::session& sql) {
    DeployedReleases releases;
    const soci::rowset<soci::row> rows = sql.prepare << "SELECT DISTINCT release, state FROM deployments";
    for (const soci::row& row : rows) {
      const auto release = row.get<std::string>(0);
      releases.governed.insert(release);
      if (parse_deployment_state(row.get<std::string>(1)) != DeploymentState::kAborted) {
        releases.live.insert(release);
      }
    }
    return releases;
  });
}

Result<ReleaseOffer> DeploymentStore::offer(const std::string& release, const DeviceTraits& device,
                                            std::int64_t now, const PlannedFetch& fetch) {
  return database_.transact("look up deployments", [&](soci::session& sql) {
    const std::vector<std::string> guards = protected_groups_of(sql, device);
    ReleaseOffer offer{!guards.empty(), {false, "no deployment has the device"}};
    for (const Deployment& deployment : deployments_of(sql, release)) {
      offer.governed = true;
      if (!is_member(sql, deployment.order.group, device) || !passes(deployment.order, device)) continue;
      const DeviceProgress progress = find_progress(sql, deployment.id, device.serial);
      offer.verdict = judge(deployment, progress, device.serial, now);
      if (!offer.verdict.go) continue;
      if (!is_under_way(progress) && !is_approved(sql, deployment.id, guards)) {
        offer.verdict = {false, "a second person has to approve it"};
        continue;
      }
      offer.verdict = reserve(sql, {device, release, deployment.id, deployment.order.allow_full, fetch}, now);
      if (!offer.verdict.go) continue;
      begin_update(sql, deployment, device.serial, progress, now);
      break;
    }
    if (!offer.governed && !fetch.needs_deployment)
      offer.verdict = reserve(sql, {device, release, 0, false, fetch}, now);
    return offer;
  });
}

std::int64_t record_outcome(soci::session& sql, const std::string& release, const std::string& serial,
                            const UpdateOutcome& outcome) {
  std::int64_t by = 0;
  for (Deployment& deployment : deployments_of(sql, release)) {
    DeviceProgress progress = find_progress(sql, deployment.id, serial);
    if (!is_under_way(progress)) continue;
    if (progress.state == DeviceProgress::State::kSilent) --deployment.failed;
    progress.state = outcome.committed ? DeviceProgress::State::kCommitted : DeviceProgress::State::kFailed;
    (outcome.committed ? deployment.committed : deployment.failed) += 1;
    save_progress(sql, deployment.id, serial, progress, outcome.time);
    pause_failing(sql, deployment, outcome.time);
    save(sql, deployment);
    if (by == 0) by = deployment.id;
  }
  return by;
}

Result<bool> DeploymentStore::is_withdrawn(const std::string& release, const std::string& serial) {
  return database_.transact("look for an aborted deployment", [&](soci::session& sql) {
    bool withdrawn = false;
    for (const Deployment& deployment : deployments_of(sql, release)) {
      if (!is_under_way(find_progress(sql, deployment.id, serial))) continue;
      if (deployment.state != DeploymentState::kAborted) return false;
      withdrawn = true;
    }
    return withdrawn;
  });
}

DeploymentStore::Sizes DeploymentStore::sizes_of(soci::session& sql, const Deployment& deployment,
                                                 const HardwareOf& hardware_of, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  Sizes& sizes = sizes_[deployment.id];
  if (sizes.phase == deployment.phase && sizes.counted != 0 && now - sizes.counted < kCountEvery)
    return sizes;
  const GroupView group = GroupView::load(sql, deployment.order.group);
  const std::vector<std::string> hardware = hardware_of(deployment.order.release);
  const Phase& phase = deployment.order.phases[deployment.phase];
  sizes = {now, deployment.phase, 0};
  for_each_device(sql, [&](const DeviceTraits& device) {
    if (std::find(hardware.begin(), hardware.end(), device.hardware) == hardware.end()) return;
    if (!group.contains(device) || !passes(deployment.order, device)) return;
    if (!phase.is_percent || reaches(phase, deployment.id, device.serial)) ++sizes.devices;
  });
  return sizes;
}

Result<std::uint64_t> DeploymentStore::advance(const HardwareOf& hardware_of, std::int64_t now) {
  return database_.transact("advance deployments", [&](soci::session& sql) {
    std::uint64_t changed = 0;
    for (Deployment& deployment :
         read_all(sql.prepare << "SELECT * FROM deployments WHERE state = 'running' ORDER BY id")) {
      if (const std::uint64_t silent = count_silent(sql, deployment, now); silent != 0) {
        deployment.failed += silent;
        pause_failing(sql, deployment, now);
        save(sql, deployment);
        ++changed;
      }
      if (deployment.state != DeploymentState::kRunning) continue;
      const std::uint64_t devices = sizes_of(sql, deployment, hardware_of, now).devices;
      const bool is_last = deployment.phase + 1 == deployment.order.phases.size();
      if (is_last && (devices == 0 || deployment.committed + deployment.failed < devices)) continue;
      if (!is_last && !is_phase_done(deployment, devices)) continue;
      if (is_last) deployment.state = DeploymentState::kFinished;
      if (!is_last) ++deployment.phase;
      save(sql, deployment);
      bump_epoch(sql);
      if (is_last) tell_state(sql, deployment, now);
      log_change(deployment);
      ++changed;
    }
    return changed;
  });
}

}  // namespace skiff::server
