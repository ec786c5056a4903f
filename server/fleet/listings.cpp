#include "fleet/listings.hpp"

namespace skiff::server {

Json listed(const DeviceRecord& device) {
  return Json::Object{{"serial", device.status.serial},
                      {"admission", to_string(device.admission)},
                      {"hardware", device.status.hardware},
                      {"version", device.status.version},
                      {"counter", device.status.counter_floor},
                      {"image", device.status.image.sha256.hex()},
                      {"state", device.status.agent_state},
                      {"last_contact", device.last_contact},
                      {"received", device.wire.received},
                      {"sent", device.wire.sent},
                      {"held", device.held.reason},
                      {"key", device.status.key}};
}

Json listed(const StoredReport& stored) {
  const Report& report = stored.report;
  return Json::Object{
      {"serial", stored.serial},   {"received", stored.received},   {"release", report.release},
      {"outcome", report.outcome}, {"reason", report.reason},       {"payload", report.payload_bytes},
      {"wire", report.wire_bytes}, {"wasted", report.wasted_bytes}, {"seconds", report.seconds}};
}

Json listed(const StoredClaim& stored) {
  return Json::Object{{"serial", stored.claim.serial},   {"key", stored.claim.key},
                      {"address", stored.claim.address}, {"admission", to_string(stored.admission)},
                      {"first", stored.first},           {"last", stored.last}};
}

Json listed(const Group& group, std::uint64_t devices) {
  return Json::Object{{"name", group.name},
                      {"filter", group.filter},
                      {"protected", group.is_protected},
                      {"metered", group.is_metered},
                      {"devices", devices}};
}

Json listed(const StoredBudget& stored) {
  const Budget& budget = stored.use.budget;
  const std::int64_t deployment = budget.scope == BudgetScope::kDeployment ? std::stoll(budget.subject) : 0;
  return Json::Object{{"of", to_string(budget.scope)},
                      {"group", stored.group},
                      {"deployment", deployment},
                      {"period", to_string(budget.period)},
                      {"bytes", budget.bytes},
                      {"spent", stored.use.spent},
                      {"ends", stored.ends}};
}

Json listed(const Deployment& deployment, const std::vector<Approval>& approvals) {
  Json::Array approved;
  for (const Approval& approval : approvals) {
    if (approval.deployment == deployment.id) {
      approved.push_back(Json::Object{{"group", approval.group}, {"who", approval.who}});
    }
  }
  const DeploymentOrder& order = deployment.order;
  return Json::Object{{"id", deployment.id},
                      {"release", order.release},
                      {"group", order.group},
                      {"filter", order.filter},
                      {"phases", to_string(order.phases)},
                      {"phase", deployment.phase + 1},
                      {"state", to_string(deployment.state)},
                      {"reason", deployment.reason},
                      {"created", deployment.created},
                      {"created_by", order.created_by},
                      {"window", to_string(order.window)},
                      {"begins", order.begins},
                      {"spread", order.spread},
                      {"success_percent", order.success_percent},
                      {"failure_percent", order.failure_percent},
                      {"attempts", order.attempts},
                      {"retry_after", order.retry_after},
                      {"deadline", order.deadline},
                      {"priority", order.priority},
                      {"allow_full", order.allow_full},
                      {"approved", std::move(approved)},
                      {"started", deployment.started},
                      {"committed", deployment.committed},
                      {"failed", deployment.failed}};
}

Json listed(const Alarm& alarm) {
  return Json::Object{{"severity", severity_of(alarm.kind)},
                      {"kind", alarm.kind},
                      {"subject", alarm.subject},
                      {"detail", alarm.detail},
                      {"first", alarm.first},
                      {"last", alarm.last},
                      {"times", alarm.times}};
}

Json listed(const Webhook& hook) {
  Json::Array events;
  for (const std::string& kind : hook.events) events.emplace_back(kind);
  return Json::Object{{"id", hook.id},
                      {"url", hook.url},
                      {"events", std::move(events)},
                      {"state", hook.disabled.empty() ? "active" : "disabled: " + hook.disabled},
                      {"created", hook.created},
                      {"sent", hook.sent},
                      {"waiting", hook.waiting},
                      {"error", hook.error}};
}

Json listed(const AuditEntry& entry) {
  return Json::Object{{"number", entry.number}, {"time", entry.time},          {"who", entry.who},
                      {"verb", entry.verb},     {"object", entry.object},      {"detail", entry.detail},
                      {"hash", entry.hash},     {"signature", entry.signature}};
}

Json listed(const UserRecord& user) {
  Json::Array grants;
  for (const Grant& one : user.grants) {
    grants.push_back(Json::Object{{"role", to_string(one.role)}, {"group", one.group}});
  }
  return Json::Object{{"user", user.name},
                      {"disabled", user.disabled},
                      {"password", user.has_password},
                      {"totp", user.has_totp},
                      {"grants", std::move(grants)}};
}

Json listed(const Release& release) {
  return Json::Object{{"release", release.target},
                      {"hardware", Json::Array(release.hardware.begin(), release.hardware.end())},
                      {"version", release.version},
                      {"counter", release.release_counter},
                      {"length", release.image.length},
                      {"sha256", release.image.sha256.hex()},
                      {"issued", release.issued}};
}

Json listed(const Upload& upload) {
  return Json::Object{{"name", upload.order.name},      {"sha256", upload.order.sha256.hex()},
                      {"length", upload.order.length},  {"offset", upload.offset},
                      {"verified", upload.is_verified}, {"user", upload.order.user},
                      {"begun", upload.begun}};
}

Json listed(const DeltaJob& job) {
  return Json::Object{{"base", job.pair.base.sha256.hex()},
                      {"result", job.pair.result.sha256.hex()},
                      {"state", to_string(job.state)},
                      {"urgent", job.priority != kBackgroundPriority},
                      {"devices", job.devices},
                      {"attempts", std::int64_t{job.attempts}},
                      {"not_before", job.not_before},
                      {"bytes", job.delta_length},
                      {"worker", job.owner},
                      {"error", job.error}};
}

}  // namespace skiff::server
