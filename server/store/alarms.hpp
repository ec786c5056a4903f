// AlarmStore: what an operator has to look at, one alarm for each kind and subject until it is cleared.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::server {

class Database;

inline constexpr std::string_view kDuplicateIdentity = "duplicate-identity";
inline constexpr std::string_view kPendingFull = "pending-full";
inline constexpr std::string_view kFailingDeployment = "failing-deployment";
inline constexpr std::string_view kFailingWebhook = "failing-webhook";

inline constexpr std::string_view kDiskFilling = "disk-filling";
inline constexpr std::string_view kMeteredFull = "metered-full";
inline constexpr std::string_view kStaleDevices = "stale-devices";
inline constexpr std::string_view kAuditBroken = "audit-broken";
inline constexpr std::string_view kExpiring = "expiring";

/// "critical" where somebody may be attacking, or devices may be lost; else "warning".
std::string_view severity_of(std::string_view kind);

struct Alarm {
  std::string kind;
  std::string subject;     ///< what it is about: a serial, a deployment
  std::string detail;      ///< a sentence, as it was last raised
  std::int64_t first = 0;  ///< seconds since 1970 UTC
  std::int64_t last = 0;
  std::uint64_t times = 0;
};

/// Raises an alarm within a transaction: with whatever gave cause for it, or not at all.
void raise_alarm(soci::session& sql, const Alarm& alarm, std::int64_t now);

/// Thread-safe, as the database is. Errors: kIo.
class AlarmStore {
 public:
  explicit AlarmStore(Database& database) : database_(database) {}

  Result<void> raise(const Alarm& alarm, std::int64_t now);
  /// Latest first.
  Result<std::vector<Alarm>> list();
  /// False: there was no such alarm.
  Result<bool> clear(const std::string& kind, const std::string& subject, std::int64_t now);

 private:
  Database& database_;
};

}  // namespace skiff::server
