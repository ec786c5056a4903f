// What OperatorApi does about devices, groups, alarms and the audit log.
#include <set>

#include "access/identity.hpp"
#include "fleet/listings.hpp"
#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kAuditPage = 1'000;
constexpr std::uint64_t kUpdates = 1'000;

Json ledger_json(const LedgerSum& sum) {
  return Json::Object{{"name", sum.name},
                      {"updates", sum.updates},
                      {"sent", sum.bytes.sent},
                      {"saved", sum.bytes.saved},
                      {"wasted", sum.bytes.wasted}};
}

/// The intent to show a list of what concerns the whole fleet.
template <typename Read>
OperatorApi::Intent show(const char* name, Read read) {
  return {"", "", "", [name, read](const Principal&) -> Result<Json> {
            SKIFF_ASSIGN(const auto records, read());
            return answer_list(name, listed(records));
          }};
}

}  // namespace

Result<OperatorApi::Intent> OperatorApi::see_devices(const OperatorBody& body) {
  SKIFF_ASSIGN(const Page page, page_of(body));
  return Intent{std::nullopt, "", "", [this, page](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<DeviceRecord> records, devices_of(who));
                  return answer_page("devices", listed(records), "serial", page);
                }};
}

Result<std::vector<DeviceRecord>> OperatorApi::devices_of(const Principal& who) {
  SKIFF_ASSIGN(std::vector<DeviceRecord> records, stores_.devices.list());
  SKIFF_ASSIGN(const auto is_seen, stores_.groups.reach_of(who, Verb::kSee));
  std::erase_if(records, [&](const DeviceRecord& record) {
    const DeviceStatus& status = record.status;
    return !is_seen({status.serial, status.hardware, status.version, status.agent});
  });
  return records;
}

Result<OperatorApi::Intent> OperatorApi::see_updates(const OperatorBody&) {
  return Intent{std::nullopt, "", "", [this](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<DeviceRecord> records, devices_of(who));
                  std::set<std::string> seen;
                  for (const DeviceRecord& record : records) seen.insert(record.status.serial);
                  SKIFF_ASSIGN(const std::vector<StoredReport> stored, stores_.reports.latest(kUpdates));
                  Json::Array updates;
                  for (const StoredReport& one : stored) {
                    if (seen.contains(one.serial)) updates.push_back(listed(one));
                  }
                  return answer_list("updates", std::move(updates));
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_claims(const OperatorBody&) {
  return show("claims", [this] { return stores_.admissions.claims(); });
}

Result<OperatorApi::Intent> OperatorApi::decide(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string serial, body.text("serial"));
  if (!is_serial(serial)) return body.reject("serial", "a serial");
  SKIFF_ASSIGN(const std::string text, body.text("admission"));
  if (text != "accepted" && text != "rejected" && text != "decommissioned") {
    return body.reject("admission", "accepted, rejected or decommissioned");
  }
  const Admission admission = parse_admission(text);
  SKIFF_ASSIGN(const std::string key, body.text_or("key", ""));
  if (!key.empty() && admission == Admission::kDecommissioned) {
    return body.reject("admission", "accepted or rejected, of a key");
  }
  SKIFF_ASSIGN(const std::string group, body.text_or("group", ""));
  return Intent{group, serial, text + (key.empty() ? "" : ", key " + key),
                [this, serial, admission, key, group](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const bool inside, stores_.groups.has(group, serial));
                  if (!inside) return fail(ErrorKind::kNotFound, serial + " is not in group " + group);
                  SKIFF_TRY(key.empty() ? stores_.admissions.decide(serial, admission)
                                        : stores_.admissions.decide_claim(serial, key, admission));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_alarms(const OperatorBody&) {
  return show("alarms", [this] { return stores_.alarms.list(); });
}

Result<OperatorApi::Intent> OperatorApi::clear_alarm(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string kind, body.text("kind"));
  SKIFF_ASSIGN(const std::string subject, body.text("subject"));
  return Intent{"", kind + " " + subject, "", [this, kind, subject](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const bool cleared, stores_.alarms.clear(kind, subject, clock_()));
                  if (!cleared) return fail(ErrorKind::kNotFound, "there is no such alarm");
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::read_audit(const OperatorBody&) {
  return show("entries", [this]() -> Result<std::vector<AuditEntry>> {
    SKIFF_ASSIGN(const AuditHead head, stores_.audit.head());
    const std::uint64_t after = head.number > kAuditPage ? head.number - kAuditPage : 0;
    return stores_.audit.list(after, kAuditPage);
  });
}

Result<OperatorApi::Intent> OperatorApi::see_metrics(const OperatorBody&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Family> families, stores_.numbers.read(clock_()));
                  return Json(prometheus_text(families));
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_ledger(const OperatorBody&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  Json::Object answer = {{"v", 1}};
                  for (const auto& [name, by] : {std::pair("months", LedgerBy::kMonth),
                                                 std::pair("deployments", LedgerBy::kDeployment),
                                                 std::pair("devices", LedgerBy::kDevice)}) {
                    SKIFF_ASSIGN(const std::vector<LedgerSum> sums, stores_.ledger.sums(by));
                    Json::Array lines;
                    for (const LedgerSum& sum : sums) lines.push_back(ledger_json(sum));
                    answer[name] = std::move(lines);
                  }
                  return Json(std::move(answer));
                }};
}

Result<OperatorApi::Intent> OperatorApi::read_audit_head(const OperatorBody&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const AuditHead head, stores_.audit.head());
                  return Json(Json::Object{{"v", 1},
                                           {"number", head.number},
                                           {"hash", head.hash},
                                           {"signature", head.signature},
                                           {"key", stores_.audit.key().json()}});
                }};
}

}  // namespace skiff::server
