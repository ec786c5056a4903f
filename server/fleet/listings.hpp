// Listings: what the fleet keeps, as JSON: one form for the API and for the command line.
#pragma once

#include <vector>

#include "fleet/deployments.hpp"
#include "skiff/json.hpp"
#include "skiff/release.hpp"
#include "store/admissions.hpp"
#include "store/alarms.hpp"
#include "store/audit.hpp"
#include "store/devices.hpp"
#include "store/groups.hpp"
#include "store/jobs.hpp"
#include "store/reports.hpp"
#include "store/uploads.hpp"
#include "store/users.hpp"
#include "store/webhooks.hpp"

namespace skiff::server {

/// Members as in OPERATORS.md.
Json listed(const DeviceRecord& device);
Json listed(const StoredReport& report);
Json listed(const StoredClaim& claim);
Json listed(const Group& group, std::uint64_t devices);
Json listed(const StoredBudget& budget);
Json listed(const Deployment& deployment, const std::vector<Approval>& approvals);
Json listed(const Alarm& alarm);
Json listed(const Webhook& hook);
Json listed(const AuditEntry& entry);
Json listed(const UserRecord& user);
Json listed(const Release& release);
Json listed(const Upload& upload);
Json listed(const DeltaJob& job);

/// Each in turn.
template <typename Record>
Json::Array listed(const std::vector<Record>& records) {
  Json::Array items;
  for (const Record& record : records) items.push_back(listed(record));
  return items;
}

}  // namespace skiff::server
