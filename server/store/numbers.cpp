#include "store/numbers.hpp"

#include "store/database.hpp"

namespace skiff::server {
namespace {

constexpr Integer kStale = 86'400;  // seconds

struct Query {
  const char* name;
  const char* type;
  const char* help;
  const char* label;
  const char* sql;  ///< gives labels and numbers
};

constexpr Query kQueries[] = {
    {"skiff_devices", "gauge", "Devices by admission", "admission",
     "SELECT admission, COUNT(*) FROM devices GROUP BY admission ORDER BY admission"},
    {"skiff_claims", "gauge", "Keys that say they are devices, by admission", "admission",
     "SELECT admission, COUNT(*) FROM key_claims GROUP BY admission ORDER BY admission"},
    {"skiff_deployments", "gauge", "Deployments by state", "state",
     "SELECT state, COUNT(*) FROM deployments GROUP BY state ORDER BY state"},
    {"skiff_deployment_devices", "gauge", "Devices of running and paused deployments by progress", "progress",
     "SELECT d.state, COUNT(*) FROM deployment_devices d JOIN deployments p ON p.id = d.deployment"
     " WHERE p.state IN ('running', 'paused') GROUP BY d.state ORDER BY d.state"},
    {"skiff_reports_total", "counter", "Updates that devices reported, by outcome", "outcome",
     "SELECT outcome, COUNT(*) FROM reports GROUP BY outcome ORDER BY outcome"},
    {"skiff_delta_jobs", "gauge", "Deltas to be made and made, by state", "state",
     "SELECT state, COUNT(*) FROM delta_jobs GROUP BY state ORDER BY state"},
    {"skiff_alarms", "gauge", "Alarms that nobody has cleared, by kind", "kind",
     "SELECT kind, COUNT(*) FROM alarms GROUP BY kind ORDER BY kind"},
    {"skiff_wire_received_bytes_total", "counter", "Bytes that devices' connections brought", "",
     "SELECT '', COALESCE(SUM(wire_received), 0) FROM devices"},
    {"skiff_wire_sent_bytes_total", "counter", "Bytes that went to devices", "",
     "SELECT '', COALESCE(SUM(wire_sent), 0) FROM devices"},
    {"skiff_wasted_bytes_total", "counter", "Bytes that devices fetched in vain, as they reported", "",
     "SELECT '', COALESCE(SUM(wasted_bytes), 0) FROM reports"},
    {"skiff_outbox_events", "gauge", "Events that are still to be sent to webhooks", "",
     "SELECT '', COUNT(*) FROM outbox"},
    {"skiff_audit_entries_total", "counter", "Entries of the audit log", "",
     "SELECT '', COUNT(*) FROM audit_log"},
};

Family read_family(soci::session& sql, const Query& query) {
  Family family{query.name, query.type, query.help, query.label, {}};
  std::string label;
  Integer value = 0;
  soci::statement select = (sql.prepare << query.sql, soci::into(label), soci::into(value));
  select.execute();
  while (select.fetch()) family.samples.push_back({label, static_cast<std::uint64_t>(value)});
  return family;
}

/// As a label's value has to be written.
std::string escaped(const std::string& text) {
  std::string written;
  for (const char c : text) {
    if (c == '\\' || c == '"') written += '\\';
    written += c == '\n' ? ' ' : c;
  }
  return written;
}

}  // namespace

Result<std::vector<Family>> NumberStore::read(std::int64_t now) {
  return database_.transact("count the fleet", [&](soci::session& sql) {
    std::vector<Family> families;
    for (const Query& query : kQueries) families.push_back(read_family(sql, query));
    const Integer before = now - kStale;
    Integer stale = 0;
    sql << "SELECT COUNT(*) FROM devices WHERE admission = 'accepted' AND last_contact <= :before",
        soci::use(before), soci::into(stale);
    families.push_back({"skiff_devices_stale",
                        "gauge",
                        "Accepted devices that were not heard of for a day",
                        "",
                        {{"", static_cast<std::uint64_t>(stale)}}});
    families.push_back({"skiff_disk_available_bytes",
                        "gauge",
                        "Room that is left to the server where its folders are",
                        "disk",
                        {}});
    for (const DiskSpace& space : space_of(disks_)) {
      families.back().samples.push_back({space.name, space.available});
    }
    return families;
  });
}

std::string prometheus_text(const std::vector<Family>& families) {
  std::string text;
  for (const Family& family : families) {
    const std::string name = family.name;
    text += "# HELP " + name + " " + family.help + "\n# TYPE " + name + " " + family.type + "\n";
    for (const Sample& sample : family.samples) {
      text += name;
      if (*family.label != '\0') {
        text += "{" + std::string(family.label) + "=\"" + escaped(sample.label) + "\"}";
      }
      text += " " + std::to_string(sample.value) + "\n";
    }
  }
  return text;
}

}  // namespace skiff::server
