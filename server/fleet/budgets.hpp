// BudgetStore: byte budgets as they are kept, what counts towards them, and what is reserved for updates
// under way.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fleet/budget.hpp"
#include "store/groups.hpp"

namespace skiff::server {

class Database;

/// What a plan would have a device fetch.
struct PlannedFetch {
  std::uint64_t bytes = 0;            ///< 0: it fetches nothing yet
  FullCause full = FullCause::kNone;  ///< why it is, or will be, a full image
  bool needs_deployment = true;       ///< a release that has no deployment reaches nobody
};

/// A fetch by a device for a release.
struct FetchOrder {
  const DeviceTraits& device;
  const std::string& release;
  std::int64_t deployment = 0;  ///< 0: none governs it
  bool allows_full = false;     ///< a full image, over a metered link, too
  const PlannedFetch& fetch;
};

/// Within a transaction: whether the device may fetch so much now. A full image over a metered link has to be
/// allowed, also where it is still to be made. If so the bytes count from now on as spent
/// on this day; again for the same update, nothing is added: it was paid for. A device has one such
/// reservation at most.
Verdict reserve(soci::session& sql, const FetchOrder& order, std::int64_t now);

/// An update that a device reported, and what it cost.
struct ReportedFetch {
  const std::string& serial;
  const std::string& release;
  std::int64_t deployment = 0;
  std::uint64_t bytes = 0;  ///< over the sockets, both ways
};
/// Within a transaction: what was reported takes the place of what was reserved, on the day of that; what was
/// not reserved counts today.
void settle(soci::session& sql, const ReportedFetch& fetch, std::int64_t now);

/// A budget as it stands.
struct StoredBudget {
  BudgetUse use;          ///< of kDevices: the most that one of them has spent
  std::string group;      ///< whose verb `deploy` it asks for; empty: all devices
  std::int64_t ends = 0;  ///< when the period ends, seconds since 1970 UTC; 0: never
};

/// Thread-safe, as the database is. Errors: kIo, and as said.
class BudgetStore {
 public:
  explicit BudgetStore(Database& database) : database_(database) {}

  /// Makes a budget, or gives it other bytes. kNotFound: no such group or deployment.
  Result<void> set(const Budget& budget);
  /// kNotFound.
  Result<void> remove(const Budget& budget);
  /// By scope, subject and period.
  Result<std::vector<StoredBudget>> list(std::int64_t now);
  /// Which devices' links are metered: those of a group that is, and those that have a budget each.
  Result<std::function<bool(const DeviceTraits&)>> metered();
  /// Forgets what devices and groups spent in periods that are over.
  Result<void> expire(std::int64_t now);

 private:
  Database& database_;
};

}  // namespace skiff::server
