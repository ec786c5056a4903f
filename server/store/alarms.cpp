#include "store/alarms.hpp"

#include "event_log.hpp"
#include "store/database.hpp"

namespace skiff::server {

std::string_view severity_of(std::string_view kind) {
  const bool critical = kind == kDuplicateIdentity || kind == kFailingDeployment || kind == kAuditBroken;
  return critical ? "critical" : "warning";
}

void raise_alarm(soci::session& sql, const Alarm& alarm, std::int64_t now) {
  const Integer time = now;
  sql << "INSERT INTO alarms (kind, subject, detail, first, last, times)"
         " VALUES (:kind, :subject, :detail, :first, :last, 1)"
         " ON CONFLICT (kind, subject) DO UPDATE SET detail = excluded.detail, last = excluded.last,"
         " times = alarms.times + 1",
      soci::use(alarm.kind), soci::use(alarm.subject), soci::use(alarm.detail), soci::use(time),
      soci::use(time);
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

Result<bool> AlarmStore::clear(const std::string& kind, const std::string& subject) {
  return database_.transact("clear an alarm", [&](soci::session& sql) {
    soci::statement remove = (sql.prepare << "DELETE FROM alarms WHERE kind = :kind AND subject = :subject",
                              soci::use(kind), soci::use(subject));
    remove.execute(true);
    return remove.get_affected_rows() != 0;
  });
}

}  // namespace skiff::server
