// Upkeep: what the server does by itself as time passes: renew metadata, queue the deltas that the fleet will
// ask for, drop those that it does not any more, write the ledger, forget strangers and uploads, advance
// deployments. Of several servers one does so; the ledger each writes itself.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "deltas/delta_workers.hpp"
#include "fleet/watch.hpp"
#include "store/contact_ledger.hpp"
#include "store/leadership.hpp"
#include "store/published_releases.hpp"
#include "store/unused_deltas.hpp"
#include "store/uploads.hpp"

namespace skiff::server {

struct UpkeepTimes {
  std::chrono::milliseconds tick{1'000};  ///< between looks at the repository and writes of contacts
  std::chrono::milliseconds renew{
      60'000};  ///< between renewals of metadata, and looks at what the fleet runs
  std::chrono::milliseconds watch{3'600'000};    ///< between looks for what gives cause for alarm
  std::chrono::seconds keep_unused{7 * 86'400};  ///< how long a delta is kept that nobody has a use for
};

/// Owned by the caller, and outlives the upkeep.
struct UpkeepParts {
  Catalogue& catalogue;
  JobStore& jobs;
  AdmissionStore& admissions;
  DeviceStore& devices;
  DeploymentStore& deployments;
  BudgetStore& budgets;
  PublishedReleases& published;
  UnusedDeltas& unused;
  Publisher& publisher;
  ContactLedger& contacts;
  Leadership& leadership;
  Watch& watch;
  UploadStore& uploads;
};

class Upkeep {
 public:
  /// Starts the thread. `on_job` is told when jobs were queued.
  Upkeep(UpkeepParts parts, UpkeepTimes times, WallClock clock, std::function<void()> on_job);
  /// As stop().
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  /// Waits for the thread, and writes the contacts that are not written yet.
  void stop();

 private:
  void run();
  void look_at_disks();
  void lead();
  void look_at_repository();
  Result<void> meet_demand(const CatalogueView& view);
  void advance_deployments();
  void write_contacts();

  UpkeepParts parts_;
  UpkeepTimes times_;
  WallClock clock_;
  std::function<void()> on_job_;
  std::shared_ptr<const CatalogueView> seen_;
  std::chrono::steady_clock::time_point next_renewal_{};
  std::chrono::steady_clock::time_point next_watch_{};
  std::chrono::steady_clock::time_point next_disks_{};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace skiff::server
