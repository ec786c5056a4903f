#include "deltas/delta_workers.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include "event_log.hpp"

namespace skiff::server {
namespace {

constexpr int kNiceness = 5;                                 // polls and downloads go first
constexpr auto kLookEvery = std::chrono::milliseconds(200);  // from a background job, for one more urgent
constexpr auto kLongestNap = std::chrono::seconds(1);        // until jobs of other processes are looked for
constexpr auto kRenewEvery = std::chrono::seconds(kLease / 4);
const ViewSource kEmptyImage{ByteView{}};

std::string pair_name(const ImagePair& pair) {
  return pair.base.sha256.hex().substr(0, 16) + "-" + pair.result.sha256.hex().substr(0, 16);
}

/// The image as a source; an image of the catalogue, or nothing.
Result<std::shared_ptr<const Source>> open_image(const CatalogueView& catalogue, const ImageId& image) {
  if (image.length == 0) return std::shared_ptr<const Source>(&kEmptyImage, [](const Source*) {});
  const Release* const release = catalogue.find_image(image.sha256);
  if (release == nullptr) {
    return fail(ErrorKind::kNotFound, "no release has the image " + image.sha256.hex());
  }
  return catalogue.open_image(*release);
}

const OfferedDelta* find_delta(const CatalogueView& catalogue, const ImagePair& pair) {
  for (const OfferedDelta& delta : catalogue.deltas) {
    if (delta.offer.base == pair.base && delta.offer.result == pair.result) return &delta;
  }
  return nullptr;
}

/// Not below the full image: nobody would be told to fetch it.
bool is_worthless(const CatalogueView& catalogue, const ImagePair& pair, std::uint64_t length) {
  const OfferedDelta* const full = find_delta(catalogue, full_image_pair(pair.result));
  return pair.base.length != 0 && full != nullptr && length >= full->offer.length;
}

/// Says of a background job whether a device began to wait for another. Asked very often, it looks at the
/// queue now and then.
class Overtaken {
 public:
  Overtaken(const DeltaJob& job, JobStore& jobs, const WallClock& clock)
      : job_(job), jobs_(jobs), clock_(clock) {}
  bool operator()() {
    const auto now = std::chrono::steady_clock::now();
    if (job_.priority != kBackgroundPriority || now < next_look_) return false;
    next_look_ = now + kLookEvery;
    return jobs_.device_waits_for_other(job_.pair, clock_()).value_or(false);
  }

 private:
  const DeltaJob& job_;
  JobStore& jobs_;
  const WallClock& clock_;
  std::chrono::steady_clock::time_point next_look_{};
};

/// Renews a worker's hold on its job until it goes away.
class JobKeeper {
 public:
  JobKeeper(const DeltaJob& job, JobStore& jobs, const WallClock& clock)
      : job_(job), jobs_(jobs), clock_(clock), thread_([this] { run(); }) {}
  ~JobKeeper() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }
  JobKeeper(const JobKeeper&) = delete;
  JobKeeper& operator=(const JobKeeper&) = delete;
  /// Whether another worker has the job now: this one slept too long.
  [[nodiscard]] bool is_lost() const { return lost_; }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, kRenewEvery, [this] { return over_; })) {
      lock.unlock();
      if (const auto kept = jobs_.renew(job_, clock_()); kept && !*kept) lost_ = true;
      lock.lock();
    }
  }

  const DeltaJob& job_;
  JobStore& jobs_;
  const WallClock& clock_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::atomic<bool> lost_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

/// Linux keeps this per thread.
void lower_priority() { ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNiceness); }

}  // namespace

Result<bool> JobRunner::run_one(const std::function<bool()>& keep_going) {
  SKIFF_ASSIGN(const std::optional<DeltaJob> job, parts_.jobs.claim(parts_.owner, clock_()));
  if (!job) return false;
  log_event(Severity::kInfo, "job-begun",
            {{"pair", pair_name(job->pair)}, {"attempt", static_cast<std::uint64_t>(job->attempts)}});
  Overtaken overtaken(*job, parts_.jobs, clock_);
  const JobKeeper keeper(*job, parts_.jobs, clock_);
  const auto may_go_on = [&] { return keep_going() && !overtaken() && !keeper.is_lost(); };
  SKIFF_TRY(settle(*job, run(*job, may_go_on)));
  return true;
}

Result<void> JobRunner::run(const DeltaJob& job, const std::function<bool()>& keep_going) {
  const auto before = parts_.catalogue.view();
  if (const OfferedDelta* const there = find_delta(*before, job.pair)) {
    return parts_.jobs.finish(job, JobState::kDone, there->offer.length, clock_());
  }
  SKIFF_ASSIGN(const std::shared_ptr<const Source> base, open_image(*before, job.pair.base));
  SKIFF_ASSIGN(const std::shared_ptr<const Source> result, open_image(*before, job.pair.result));
  SKIFF_ASSIGN(const MadeDelta delta, make_delta(job.pair, *base, *result, options_, keep_going));
  const std::uint64_t length = delta.source().size();
  if (is_worthless(*parts_.catalogue.view(), job.pair, length)) {
    log_event(Severity::kInfo, "job-not-smaller", {{"pair", pair_name(job.pair)}, {"bytes", length}});
    return parts_.jobs.finish(job, JobState::kNotSmaller, length, clock_());
  }
  SKIFF_TRY(parts_.publisher.add(delta.source(), clock_()));
  log_event(Severity::kInfo, "job-done", {{"pair", pair_name(job.pair)}, {"bytes", length}});
  return parts_.jobs.finish(job, JobState::kDone, length, clock_());
}

Result<void> JobRunner::settle(const DeltaJob& job, const Result<void>& outcome) {
  if (outcome) return {};
  if (outcome.error().kind == ErrorKind::kCancelled) {
    log_event(Severity::kInfo, "job-given-back", {{"pair", pair_name(job.pair)}});
    return parts_.jobs.give_back(job);
  }
  log_event(Severity::kError, "job-failed",
            {{"pair", pair_name(job.pair)}, {"error", outcome.error().text()}});
  return parts_.jobs.record_failure(job, outcome.error(), clock_());
}

DeltaWorkers::DeltaWorkers(DeltaParts parts, MakerOptions options, WallClock clock, unsigned threads)
    : runner_(parts, std::move(options), std::move(clock)) {
  if (const auto released = parts.jobs.release(parts.owner); !released) {
    log_event(Severity::kError, "recovery-failed", {{"error", released.error().text()}});
  }
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

DeltaWorkers::~DeltaWorkers() { stop(); }

void DeltaWorkers::wake() {
  {
    const std::lock_guard lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

void DeltaWorkers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool DeltaWorkers::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void DeltaWorkers::work() {
  lower_priority();
  std::uint64_t seen = 0;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      seen = wakes_;
    }
    const auto ran = runner_.run_one([this] { return !stopping(); });
    if (!ran) log_event(Severity::kError, "job-queue-failed", {{"error", ran.error().text()}});
    if (ran && *ran) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLongestNap, [&] { return stopping_ || wakes_ != seen; });
  }
}

}  // namespace skiff::server
