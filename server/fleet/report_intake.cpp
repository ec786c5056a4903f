#include "fleet/report_intake.hpp"

#include "fleet/deployments.hpp"
#include "store/database.hpp"
#include "store/ledger.hpp"

namespace skiff::server {
namespace {

constexpr std::string_view kCommitted = "committed";

UpdateBytes bytes_of(const Report& report, std::uint64_t full_length) {
  const bool committed = report.outcome == kCommitted;
  UpdateBytes bytes{report.wire_bytes, 0, committed ? report.wasted_bytes : report.payload_bytes};
  if (committed && full_length > report.payload_bytes) bytes.saved = full_length - report.payload_bytes;
  return bytes;
}

}  // namespace

Result<bool> ReportIntake::take(const std::string& serial, const Report& report, std::uint64_t full_length,
                                std::int64_t now) {
  return database_.transact("take a report", [&](soci::session& sql) {
    if (!keep_report(sql, serial, report, now)) return false;
    const std::int64_t deployment =
        record_outcome(sql, report.release, serial, {report.outcome == kCommitted, now});
    settle(sql, {serial, report.release, deployment, report.wire_bytes}, now);
    enter_into_ledger(sql, {serial, deployment, now}, bytes_of(report, full_length));
    return true;
  });
}

}  // namespace skiff::server
