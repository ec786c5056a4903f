#include "store/reports.hpp"

#include "store/database.hpp"

namespace skiff::server {
namespace {

StoredReport read_report(const soci::row& row) {
  StoredReport stored;
  stored.serial = row.get<std::string>("serial");
  stored.received = row.get<Integer>("received");
  Report& report = stored.report;
  report.id = row.get<std::string>("id");
  report.release = row.get<std::string>("release");
  report.outcome = row.get<std::string>("outcome");
  report.reason = row.get<std::string>("reason");
  report.image.length = unsigned_column(row, "image_length");
  report.image.sha256 = Sha256::from_hex(row.get<std::string>("image_sha256")).value_or(Sha256{});
  report.payload_bytes = unsigned_column(row, "payload_bytes");
  report.metadata_bytes = unsigned_column(row, "metadata_bytes");
  report.wire_bytes = unsigned_column(row, "wire_bytes");
  report.wasted_bytes = unsigned_column(row, "wasted_bytes");
  report.seconds = unsigned_column(row, "seconds");
  report.peak_memory = unsigned_column(row, "peak_memory");
  report.checks = row.get<std::string>("checks");
  return stored;
}

void insert(soci::session& sql, const std::string& serial, const Report& report, Integer now) {
  const std::string image = report.image.sha256.hex();
  const auto length = static_cast<Integer>(report.image.length);
  const auto payload = static_cast<Integer>(report.payload_bytes);
  const auto metadata = static_cast<Integer>(report.metadata_bytes);
  const auto wire = static_cast<Integer>(report.wire_bytes);
  const auto wasted = static_cast<Integer>(report.wasted_bytes);
  const auto seconds = static_cast<Integer>(report.seconds);
  const auto memory = static_cast<Integer>(report.peak_memory);
  sql << "INSERT INTO reports (serial, id, received, release, outcome, reason, image_sha256, image_length,"
         " payload_bytes, metadata_bytes, wire_bytes, wasted_bytes, seconds, peak_memory, checks)"
         " VALUES (:serial, :id, :received, :release, :outcome, :reason, :image, :length, :payload, "
         ":metadata,"
         " :wire, :wasted, :seconds, :memory, :checks)",
      soci::use(serial), soci::use(report.id), soci::use(now), soci::use(report.release),
      soci::use(report.outcome), soci::use(report.reason), soci::use(image), soci::use(length),
      soci::use(payload), soci::use(metadata), soci::use(wire), soci::use(wasted), soci::use(seconds),
      soci::use(memory), soci::use(report.checks);
}

}  // namespace

bool keep_report(soci::session& sql, const std::string& serial, const Report& report, std::int64_t now) {
  int known = 0;
  sql << "SELECT COUNT(*) FROM reports WHERE serial = :serial AND id = :id", soci::use(serial),
      soci::use(report.id), soci::into(known);
  if (known == 0) insert(sql, serial, report, now);
  return known == 0;
}

Result<std::vector<StoredReport>> ReportStore::latest(std::uint64_t count) {
  return database_.transact("list the latest reports", [&](soci::session& sql) {
    std::vector<StoredReport> reports;
    const auto most = static_cast<Integer>(count);
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT * FROM reports ORDER BY received DESC, serial, id LIMIT :most",
         soci::use(most));
    for (const soci::row& row : rows) reports.push_back(read_report(row));
    return reports;
  });
}

Result<std::vector<StoredReport>> ReportStore::list() {
  return database_.transact("list reports", [](soci::session& sql) {
    std::vector<StoredReport> reports;
    const soci::rowset<soci::row> rows = sql.prepare << "SELECT * FROM reports ORDER BY received, serial, id";
    for (const soci::row& row : rows) reports.push_back(read_report(row));
    return reports;
  });
}

}  // namespace skiff::server
