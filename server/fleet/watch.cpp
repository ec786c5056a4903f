#include "fleet/watch.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "access/certificates.hpp"
#include "access/x509.hpp"
#include "event_log.hpp"
#include "fleet/budget.hpp"
#include "skiff/json.hpp"
#include "store/alarms.hpp"
#include "store/audit.hpp"
#include "store/catalogue.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"

namespace skiff::server {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr Integer kMostDays = 7;  // that are told of at once
constexpr std::size_t kMaxMetadata = std::size_t{64} << 20;
constexpr std::array<std::string_view, 3> kOfflineRoles = {"root", "targets", "releases"};

/// "2026-11-26T08:00:00Z", as metadata has it.
std::optional<std::int64_t> parse_date(const std::string& text) {
  std::tm parts{};
  const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&parts));
}

/// The file of the role's highest version: "12.root.json".
const ServedFile* newest_of(const CatalogueView& view, std::string_view role) {
  const std::string rest = "." + std::string(role) + ".json";
  const ServedFile* newest = nullptr;
  std::uint64_t highest = 0;
  for (const auto& [name, file] : view.metadata) {
    if (!name.ends_with(rest) || name.find('.') + rest.size() != name.size()) continue;
    const std::uint64_t version = std::strtoull(name.c_str(), nullptr, 10);
    if (version < highest) continue;
    highest = version;
    newest = &file;
  }
  return newest;
}

Result<std::string> expiry_of(const ServedFile& file) {
  SKIFF_ASSIGN(const auto source, file.open());
  if (source->size() > kMaxMetadata) return fail(ErrorKind::kLimit, file.path.string() + " is too long");
  Bytes text(static_cast<std::size_t>(source->size()));
  SKIFF_TRY(source->read_at(0, text));
  SKIFF_ASSIGN(const Json document, parse_json(text));
  SKIFF_ASSIGN(const Json* const signed_part, object_member(document, "signed"));
  return string_member(*signed_part, "expires");
}

struct Day {
  Integer number = 0;  ///< since 1970 UTC
  Integer devices = 0;
  Integer contacts = 0;
  Integer committed = 0;
  Integer failed = 0;
  Integer bytes = 0;
  Integer alarms = 0;
};

/// A day by its number since 1970. Devices and alarms are those of this moment.
Day read_day(soci::session& sql, Integer number) {
  const Integer begin = number * kDay;
  const Integer end = begin + kDay;
  Day day;
  day.number = number;
  sql << "SELECT COUNT(*) FROM devices WHERE admission = 'accepted'", soci::into(day.devices);
  sql << "SELECT COUNT(*) FROM devices WHERE last_contact >= :begin", soci::use(begin),
      soci::into(day.contacts);
  sql << "SELECT COUNT(*) FROM reports WHERE received >= :begin AND received < :end"
         " AND outcome = 'committed'",
      soci::use(begin), soci::use(end), soci::into(day.committed);
  sql << "SELECT COUNT(*) FROM reports WHERE received >= :begin AND received < :end"
         " AND outcome <> 'committed'",
      soci::use(begin), soci::use(end), soci::into(day.failed);
  sql << "SELECT COALESCE(SUM(wire_bytes), 0) FROM reports WHERE received >= :begin AND received < :end",
      soci::use(begin), soci::use(end), soci::into(day.bytes);
  sql << "SELECT COUNT(*) FROM alarms", soci::into(day.alarms);
  return day;
}

/// Numbers of the days that are over and were not summed up; from here on they were.
std::vector<Integer> take_days(soci::session& sql, Integer today) {
  Integer last = 0;
  sql << "SELECT last FROM summed_days", soci::into(last);
  const Integer yesterday = today - 1;
  const bool is_first = last == 0;
  const bool was_set_back = last > today;  // the clock
  std::vector<Integer> days;
  if (!is_first && !was_set_back) {
    for (Integer day = std::max(last + 1, today - kMostDays); day < today; ++day) days.push_back(day);
  }
  if (last < yesterday || was_set_back) sql << "UPDATE summed_days SET last = :last", soci::use(yesterday);
  return days;
}

Json::Object json_of(const Day& day) {
  return {{"day", date_text(day.number)},
          {"devices", std::int64_t{day.devices}},
          {"in-contact", std::int64_t{day.contacts}},
          {"committed", std::int64_t{day.committed}},
          {"failed", std::int64_t{day.failed}},
          {"bytes", std::int64_t{day.bytes}},
          {"alarms", std::int64_t{day.alarms}}};
}

void log_day(const Day& day) {
  const auto number = [](Integer value) { return static_cast<std::uint64_t>(value); };
  log_event(Severity::kInfo, "daily-summary",
            {{"day", date_text(day.number)},
             {"devices", number(day.devices)},
             {"in-contact", number(day.contacts)},
             {"committed", number(day.committed)},
             {"failed", number(day.failed)},
             {"bytes", number(day.bytes)},
             {"alarms", number(day.alarms)}});
}

/// Serials by release, of devices that a full image is held back from.
std::map<std::string, std::vector<std::string>> waiting_for_full(soci::session& sql) {
  std::map<std::string, std::vector<std::string>> waiting;
  const soci::rowset<soci::row> rows = sql.prepare
                                       << "SELECT serial, held_release, held FROM devices"
                                          " WHERE admission = 'accepted' AND held <> '' ORDER BY serial";
  for (const soci::row& row : rows) {
    if (row.get<std::string>(2).starts_with(kMeteredLink))
      waiting[row.get<std::string>(1)].push_back(row.get<std::string>(0));
  }
  return waiting;
}

}  // namespace

Result<void> Watch::look(std::int64_t now) {
  SKIFF_TRY(look_at_devices(now));
  SKIFF_TRY(look_at_metered(now));
  SKIFF_TRY(look_at_audit(now));
  SKIFF_TRY(look_at_certificates(now));
  SKIFF_TRY(look_at_metadata(now));
  return sum_up(now);
}

Result<void> Watch::look_at_devices(std::int64_t now) {
  return parts_.database.transact("look for stale devices", [&](soci::session& sql) {
    const Integer before = now - options_.stale_after;
    Integer count = 0;
    std::string first;
    sql << "SELECT COUNT(*), COALESCE(MIN(serial), '') FROM devices"
           " WHERE admission = 'accepted' AND last_contact > 0 AND last_contact <= :before",
        soci::use(before), soci::into(count), soci::into(first);
    if (count == 0) return;
    const std::string detail = std::to_string(count) + " not heard of for " +
                               std::to_string(options_.stale_after / kDay) + " days, the first is " + first;
    raise_alarm(sql, {std::string(kStaleDevices), "devices", detail}, now);
  });
}

Result<void> Watch::look_at_metered(std::int64_t now) {
  return parts_.database.transact("look for devices on metered links", [&](soci::session& sql) {
    for (const auto& [release, serials] : waiting_for_full(sql)) {
      const std::string detail = std::to_string(serials.size()) +
                                 " devices on metered links wait for a full image, the first is " +
                                 serials.front();
      raise_alarm(sql, {std::string(kMeteredFull), release, detail}, now);
    }
  });
}

Result<void> Watch::look_at_disks(std::int64_t now) {
  for (const DiskSpace& space : space_of(parts_.disks)) {
    if (!is_filling(space)) continue;
    const std::string detail = std::to_string(space.available) + " of " + std::to_string(space.capacity) +
                               " bytes are left to " + parts_.server;
    log_event(Severity::kError, "disk-filling", {{"disk", space.name}, {"available", space.available}});
    SKIFF_TRY(AlarmStore(parts_.database).raise({std::string(kDiskFilling), space.name, detail}, now));
  }
  return {};
}

Result<void> Watch::look_at_audit(std::int64_t now) {
  const auto head = parts_.audit.verify(std::nullopt, parts_.audit.key());
  if (head) return {};
  if (head.error().kind != ErrorKind::kMismatch) return tl::unexpected(head.error());
  return AlarmStore(parts_.database)
      .raise({std::string(kAuditBroken), "audit log", head.error().text()}, now);
}

Result<void> Watch::look_at_certificates(std::int64_t now) {
  for (const std::string_view name : {kServerCa, kDeviceCa, kServerLeaf}) {
    const auto end = certificate_end(certificate_file(parts_.ca, name));
    if (!end && end.error().kind == ErrorKind::kNotFound) continue;
    if (!end) return tl::unexpected(end.error());
    SKIFF_TRY(warn_of_end("certificate " + std::string(name), *end, now));
  }
  return {};
}

Result<void> Watch::look_at_metadata(std::int64_t now) {
  const auto view = parts_.catalogue.view();
  for (const std::string_view role : kOfflineRoles) {
    const ServedFile* const file = newest_of(*view, role);
    if (file == nullptr) continue;
    SKIFF_ASSIGN(const std::string expires, expiry_of(*file));
    const auto end = parse_date(expires);
    if (end) SKIFF_TRY(warn_of_end("metadata " + std::string(role), *end, now));
  }
  return {};
}

Result<void> Watch::warn_of_end(const std::string& what, std::int64_t end, std::int64_t now) {
  if (end - now > options_.notice) return {};
  const std::string detail =
      end <= now ? "has run out" : "runs out in " + std::to_string((end - now) / kDay) + " days";
  return AlarmStore(parts_.database).raise({std::string(kExpiring), what, detail}, now);
}

Result<void> Watch::sum_up(std::int64_t now) {
  const auto days = parts_.database.transact("sum up days", [&](soci::session& sql) {
    std::vector<Day> summed;
    for (const Integer number : take_days(sql, now / kDay)) {
      summed.push_back(read_day(sql, number));
      post_event(sql, {kSummaryDaily, json_of(summed.back()), now});
    }
    return summed;
  });
  if (!days) return tl::unexpected(days.error());
  for (const Day& day : *days) log_day(day);
  return {};
}

}  // namespace skiff::server
