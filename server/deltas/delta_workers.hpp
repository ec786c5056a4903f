// DeltaWorkers: threads that take jobs from the queue, make their deltas and publish them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "deltas/delta_maker.hpp"
#include "deltas/publisher.hpp"
#include "fleet/device_api.hpp"

namespace skiff::server {

/// What a job needs; owned by the caller, and outlives the workers.
struct DeltaParts {
  Catalogue& catalogue;
  JobStore& jobs;
  Publisher& publisher;
  std::string owner;  ///< to whom jobs belong: a name that no other process has
};

/// Works through jobs one at a time; the part of a worker that knows no thread.
class JobRunner {
 public:
  JobRunner(DeltaParts parts, MakerOptions options, WallClock clock)
      : parts_(std::move(parts)), options_(std::move(options)), clock_(std::move(clock)) {}

  /// Takes the most urgent job that is due, keeps it as long as this takes, and brings it to an end:
  /// published, not smaller, failed (kept with its error), or given back where `keep_going` said no or, being
  /// a background job, a device began to wait for another. False: there was none.
  Result<bool> run_one(const std::function<bool()>& keep_going);

 private:
  Result<void> run(const DeltaJob& job, const std::function<bool()>& keep_going);
  Result<void> settle(const DeltaJob& job, const Result<void>& outcome);

  DeltaParts parts_;
  MakerOptions options_;
  WallClock clock_;
};

class DeltaWorkers {
 public:
  /// Queues again what a dead process of the same name had, then starts `threads` of low CPU priority.
  DeltaWorkers(DeltaParts parts, MakerOptions options, WallClock clock, unsigned threads);
  /// As stop().
  ~DeltaWorkers();
  DeltaWorkers(const DeltaWorkers&) = delete;
  DeltaWorkers& operator=(const DeltaWorkers&) = delete;

  /// Tells the workers that there may be a job.
  void wake();
  /// Cancels what is under way (it is queued again) and waits for the threads.
  void stop();

 private:
  void work();
  [[nodiscard]] bool stopping();

  JobRunner runner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t wakes_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace skiff::server
