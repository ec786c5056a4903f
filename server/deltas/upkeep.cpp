#include "deltas/upkeep.hpp"

#include <algorithm>
#include <set>

#include "event_log.hpp"

namespace skiff::server {
namespace {

bool has_full_image(const CatalogueView& catalogue, const ImageId& image) {
  return std::any_of(catalogue.deltas.begin(), catalogue.deltas.end(), [&](const OfferedDelta& delta) {
    return delta.offer.is_full_image() && delta.offer.result == image;
  });
}

/// The newest release of each hardware id.
std::set<const Release*> newest_releases(const CatalogueView& catalogue) {
  std::set<const Release*> newest;
  for (const Release& release : catalogue.releases) {
    for (const std::string& hardware : release.hardware) {
      newest.insert(newest_release(catalogue.releases, hardware));
    }
  }
  return newest;
}

}  // namespace

Result<std::size_t> queue_full_images(const CatalogueView& catalogue, JobStore& jobs, std::int64_t now) {
  std::size_t queued = 0;
  for (const Release* release : newest_releases(catalogue)) {
    if (has_full_image(catalogue, release->image)) continue;
    SKIFF_TRY(jobs.enqueue(full_image_pair(release->image), kBackgroundPriority, now));
    ++queued;
  }
  return queued;
}

Upkeep::Upkeep(UpkeepParts parts, UpkeepTimes times, WallClock clock, std::function<void()> on_job)
    : parts_(parts), times_(times), clock_(std::move(clock)), on_job_(std::move(on_job)) {
  thread_ = std::thread([this] { run(); });
}

Upkeep::~Upkeep() { stop(); }

void Upkeep::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
  write_ledger();
}

void Upkeep::run() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point next_renewal = Clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    if (Clock::now() >= next_renewal) {
      if (const auto renewed = parts_.publisher.renew(clock_()); !renewed) {
        log_event(Severity::kError, "renewal-failed", {{"error", renewed.error().text()}});
      }
      if (const auto expired = parts_.admissions.expire(clock_()); !expired) {
        log_event(Severity::kError, "expiry-failed", {{"error", expired.error().text()}});
      }
      next_renewal = Clock::now() + times_.renew;
    }
    look_at_repository();
    advance_deployments();
    write_ledger();
    lock.lock();
    stopped_.wait_for(lock, times_.tick, [this] { return stopping_; });
  }
}

void Upkeep::look_at_repository() {
  auto view = parts_.catalogue.view();
  if (view == seen_) return;
  const auto queued = queue_full_images(*view, parts_.jobs, clock_());
  if (!queued) {
    log_event(Severity::kError, "queueing-failed", {{"error", queued.error().text()}});
    return;
  }
  seen_ = std::move(view);
  if (*queued != 0 && on_job_) on_job_();
}

void Upkeep::advance_deployments() {
  const auto view = parts_.catalogue.view();
  const auto hardware_of = [&](const std::string& target) {
    const Release* const release = view->find_release(target);
    return release == nullptr ? std::vector<std::string>() : release->hardware;
  };
  if (const auto advanced = parts_.deployments.advance(hardware_of, clock_()); !advanced) {
    log_event(Severity::kError, "advance-failed", {{"error", advanced.error().text()}});
  }
}

void Upkeep::write_ledger() {
  const auto bytes = parts_.ledger.take();
  if (bytes.empty()) return;
  if (const auto added = parts_.devices.add_wire_bytes(bytes); !added) {
    log_event(Severity::kError, "ledger-failed", {{"error", added.error().text()}});
    for (const auto& [serial, wire] : bytes) parts_.ledger.add(serial, wire);
  }
}

}  // namespace skiff::server
