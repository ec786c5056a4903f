// Upkeep: what the server does by itself as time passes: renew metadata, queue full images, write the ledger,
// forget strangers, advance deployments.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "deltas/delta_workers.hpp"
#include "store/wire_ledger.hpp"

namespace skiff::server {

struct UpkeepTimes {
  std::chrono::milliseconds tick{1'000};    ///< between looks at the repository and writes of the ledger
  std::chrono::milliseconds renew{60'000};  ///< between renewals of metadata
};

/// Owned by the caller, and outlives the upkeep.
struct UpkeepParts {
  Catalogue& catalogue;
  JobStore& jobs;
  AdmissionStore& admissions;
  DeviceStore& devices;
  DeploymentStore& deployments;
  Publisher& publisher;
  WireLedger& ledger;
};

/// Queues the full-image delta of the newest release of each hardware id, where there is none; how many were
/// queued (or were queued already).
Result<std::size_t> queue_full_images(const CatalogueView& catalogue, JobStore& jobs, std::int64_t now);

class Upkeep {
 public:
  /// Starts the thread. `on_job` is told when jobs were queued.
  Upkeep(UpkeepParts parts, UpkeepTimes times, WallClock clock, std::function<void()> on_job);
  /// As stop().
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  /// Waits for the thread, and writes what the ledger still holds.
  void stop();

 private:
  void run();
  void look_at_repository();
  void advance_deployments();
  void write_ledger();

  UpkeepParts parts_;
  UpkeepTimes times_;
  WallClock clock_;
  std::function<void()> on_job_;
  std::shared_ptr<const CatalogueView> seen_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace skiff::server
