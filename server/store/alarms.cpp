#include "store/alarms.hpp"

#include <optional>

#include "event_log.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"

namespace skiff::server {

std::string_view severity_of(std::string_view kind) {
  const bool critical = kind == kDuplicateIdentity || kind == kFailingDeployment || kind == kAuditBroken ||
                        kind == kDiskFilling;
  return critical ? "critical" : "warning";
}

namespace {

Json::Object json_of(const Alarm& alarm) {
  return {{"severity", severity_of(alarm.kind)},
          {"kind", alarm.kind},
          {"subject", alarm.subject},
          {"detail", alarm.detail}};
}

std::optional<Alarm> find_alarm(soci::session& sql, const std::string& kind, const std::string& subject) {
  Alarm alarm{kind, subject, ""};
  sql << "SELECT detail FROM alarms WHERE kind = :kind AND subject = :subject", soci::use(kind),
      soci::use(subject), soci::into(alarm.detail);
  return sql.got_data() ? std::optional(alarm) : std::nullopt;
}

}  // namespace

void raise_alarm(soci::session& sql, const Alarm& alarm, std::int64_t now) {
  const Integer time = now;
  const bool is_new = !find_alarm(sql, alarm.kind, alarm.subject);
  sql << "INSERT INTO alarms (kind, subject, detail, first, last, times)"
         " VALUES (:kind, :subject, :detail, :first, :last, 1)"
         " ON CONFLICT (kind, subject) DO UPDATE SET detail = excluded.detail, last = excluded.last,"
         " times = alarms.times + 1",
      soci::use(alarm.kind), soci::use(alarm.subject), soci::use(alarm.detail), soci::use(time),
      soci::use(time);
  if (is_new) post_event(sql, {kAlarmRaised, json_of(alarm), now});
  log_event(Severity::kWarning, "alarm",
            {{"severity", severity_of(alarm.kind)},
             {"kind", alarm.kind},
             {"subject", alarm.subject},
             {"detail", alarm.detail}});
}

Result<void> AlarmStore::raise(const Alarm& alarm, std::int64_t now) {
  return database_.transact("raise an alarm", [&](soci::session& sql) { raise_alarm(sql, alarm, now); });
}

Result<std::vector<Alarm>> AlarmStore::list() {
  return database_.transact("list alarms", [](soci::session& sql) {
    std::vector<Alarm> alarms;
    const soci::rowset<soci::row> rows = sql.prepare
                                         << "SELECT * FROM alarms ORDER BY last DESC, kind, subject";
    for (const soci::row& row : rows) {
      alarms.push_back({row.get<std::string>("kind"), row.get<std::string>("subject"),
                        row.get<std::string>("detail"), row.get<Integer>("first"), row.get<Integer>("last"),
                        unsigned_column(row, "times")});
    }
    return alarms;
  });
}

Result<bool> AlarmStore::clear(const std::string& kind, const std::string& subject, std::int64_t now) {
  return database_.transact("clear an alarm", [&](soci::session& sql) {
    const auto alarm = find_alarm(sql, kind, subject);
    if (!alarm) return false;
    sql << "DELETE FROM alarms WHERE kind = :kind AND subject = :subject", soci::use(kind),
        soci::use(subject);
    post_event(sql, {kAlarmCleared, json_of(*alarm), now});
    return true;
  });
}

}  // namespace skiff::server
