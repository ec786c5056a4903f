#include "fleet/report_intake.hpp"

#include "fleet/deployments.hpp"
#include "store/database.hpp"
#include "store/ledger.hpp"
#include "store/outbox.hpp"

namespace skiff::server {
namespace {

constexpr std::string_view kCommitted = "committed";
constexpr std::string_view kRolledBack = "rolled-back";

UpdateBytes bytes_of(const Report& report, std::uint64_t full_length) {
  const bool committed = report.outcome == kCommitted;
  UpdateBytes bytes{report.wire_bytes, 0, committed ? report.wasted_bytes : report.payload_bytes};
  if (committed && full_length > report.payload_bytes) bytes.saved = full_length - report.payload_bytes;
  return bytes;
}

void tell(soci::session& sql, const LedgerEntry& entry, const Report& report) {
  const std::string_view kind = report.outcome == kCommitted    ? kUpdateCommitted
                                : report.outcome == kRolledBack ? kUpdateRolledBack
                                                                : kUpdateFailed;
  post_event(sql, {kind,
                   {{"serial", entry.serial},
                    {"release", report.release},
                    {"deployment", entry.deployment},
                    {"reason", report.reason},
                    {"payload", report.payload_bytes},
                    {"wire", report.wire_bytes},
                    {"wasted", report.wasted_bytes},
                    {"seconds", report.seconds}},
                   entry.time});
}

}  // namespace

Result<bool> ReportIntake::take(const std::string& serial, const Report& report, std::uint64_t full_length,
                                std::int64_t now) {
  return database_.transact("take a report", [&](soci::session& sql) {
    if (!keep_report(sql, serial, report, now)) return false;
    const std::int64_t deployment =
        record_outcome(sql, report.release, serial, {report.outcome == kCommitted, now});
    settle(sql, {serial, report.release, deployment, report.wire_bytes}, now);
    const LedgerEntry entry{serial, deployment, now};
    enter_into_ledger(sql, entry, bytes_of(report, full_length));
    tell(sql, entry, report);
    return true;
  });
}

}  // namespace skiff::server
