// DeploymentStore: deployments as they are kept, and what each device is told of them.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "fleet/budgets.hpp"
#include "fleet/rollout.hpp"
#include "store/groups.hpp"

namespace skiff::server {

class Database;

/// What deployments say of one release and one device.
struct ReleaseOffer {
  bool governed = false;  ///< whether the release has a deployment at all
  Verdict verdict;        ///< of the deployment that decides
};

/// What deployments say of releases, by target names.
struct DeployedReleases {
  std::set<std::string> governed;  ///< that have a deployment at all
  std::set<std::string> live;      ///< that have one which is not aborted
};

/// By whom a deployment may reach the devices of a protected group.
struct Approval {
  std::int64_t deployment = 0;
  std::string group;
  std::string who;
};

/// How an update ended, and when that was heard.
struct UpdateOutcome {
  bool committed = false;
  std::int64_t time = 0;  ///< seconds since 1970 UTC
};
/// Takes the outcome of an update within a transaction: pauses what fails too often. The deployment that it
/// came by; 0: none.
std::int64_t record_outcome(soci::session& sql, const std::string& release, const std::string& serial,
                            const UpdateOutcome& outcome);

/// Hardware ids of a release, by which devices of the group "" are counted.
using HardwareOf = std::function<std::vector<std::string>(const std::string& release)>;

/// Thread-safe, as the database is. Errors: kIo, and as said.
class DeploymentStore {
 public:
  explicit DeploymentStore(Database& database) : database_(database) {}

  /// Its number. kNotFound: no such group; kUsage: a filter that is none.
  Result<std::int64_t> create(const DeploymentOrder& order, std::int64_t now);
  /// Oldest first.
  Result<std::vector<Deployment>> list();
  /// Pause, resume, or abort for good. kNotFound; kUsage: it is over.
  Result<void> set_state(std::int64_t id, DeploymentState state, const std::string& reason, std::int64_t now);

  /// Lets a deployment reach the devices of a protected group. kNotFound; kUsage: the group is not protected,
  /// or `who` made the deployment.
  Result<void> approve(const Approval& approval, std::int64_t now);
  /// By deployment and group.
  Result<std::vector<Approval>> approvals();
  /// Which releases have deployments.
  Result<DeployedReleases> releases();

  /// Whether the device may have this release now; a device that may is remembered as started. Of several
  /// deployments of a release the first that lets it go decides, by priority. A device of protected groups
  /// starts by a deployment alone that each of them has approved. What it would fetch has to fit its budgets,
  /// and is reserved.
  Result<ReleaseOffer> offer(const std::string& release, const DeviceTraits& device, std::int64_t now,
                             const PlannedFetch& fetch = {});
  /// Whether the device was told to fetch a release by a deployment that was aborted since.
  Result<bool> is_withdrawn(const std::string& release, const std::string& serial);
  /// Counts devices as failed that are silent beyond their deployment's deadline, begins the next phase of
  /// each deployment whose phase has succeeded, and ends those that are done; how many changed. Devices of a
  /// group are counted at most once a minute.
  Result<std::uint64_t> advance(const HardwareOf& hardware_of, std::int64_t now);

 private:
  struct Sizes {
    std::int64_t counted = 0;
    std::uint64_t phase = 0;
    std::uint64_t devices = 0;  ///< that the phase reaches
  };
  Sizes sizes_of(soci::session& sql, const Deployment& deployment, const HardwareOf& hardware_of,
                 std::int64_t now);

  Database& database_;
  std::mutex mutex_;
  std::map<std::int64_t, Sizes> sizes_;
};

}  // namespace skiff::server
