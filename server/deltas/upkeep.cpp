#include "deltas/upkeep.hpp"

#include "deltas/demand.hpp"
#include "event_log.hpp"

namespace skiff::server {
namespace {

/// What fails now is tried again at its next time.
template <typename T>
void check(std::string_view event, const Result<T>& outcome) {
  if (!outcome) log_event(Severity::kError, event, {{"error", outcome.error().text()}});
}

}  // namespace

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
  write_contacts();
}

void Upkeep::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    look_at_disks();
    if (parts_.leadership.has()) lead();
    write_contacts();
    lock.lock();
    stopped_.wait_for(lock, times_.tick, [this] { return stopping_; });
  }
}

/// Each server has its own, whoever leads.
void Upkeep::look_at_disks() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_disks_) return;
  check("watch-failed", parts_.watch.look_at_disks(clock_()));
  next_disks_ = now + times_.watch;
}

void Upkeep::lead() {
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_renewal_) {
    check("renewal-failed", parts_.publisher.renew(clock_()));
    check("expiry-failed", parts_.admissions.expire(clock_()));
    check("expiry-failed", parts_.budgets.expire(clock_()));
    check("uploads-failed", parts_.uploads.expire(clock_()));
    seen_ = nullptr;  // the fleet changes, too
    next_renewal_ = now + times_.renew;
  }
  if (now >= next_watch_) {
    check("watch-failed", parts_.watch.look(clock_()));
    next_watch_ = now + times_.watch;
  }
  look_at_repository();
  advance_deployments();
}

void Upkeep::look_at_repository() {
  auto view = parts_.catalogue.view();
  if (view == seen_) return;
  check("releases-failed", parts_.published.note(view->releases, clock_()));
  const auto met = meet_demand(*view);
  check("demand-failed", met);
  if (met) seen_ = std::move(view);
}

Result<void> Upkeep::meet_demand(const CatalogueView& view) {
  const std::int64_t now = clock_();
  SKIFF_ASSIGN(const std::vector<ImageCount> fleet, parts_.devices.count_images());
  SKIFF_ASSIGN(const DeployedReleases deployed, parts_.deployments.releases());
  const auto demand = demand_of(view, fleet, deployed);
  SKIFF_ASSIGN(const std::size_t queued, queue_demand(view, demand, parts_.jobs, now));
  if (queued != 0 && on_job_) on_job_();
  SKIFF_ASSIGN(const std::vector<std::string> expired,
               parts_.unused.note(unused_deltas(view, demand), times_.keep_unused.count(), now));
  if (expired.empty()) return {};
  SKIFF_ASSIGN(const std::uint64_t bytes, parts_.publisher.drop(expired, now));
  log_event(Severity::kInfo, "deltas-dropped", {{"deltas", expired.size()}, {"bytes", bytes}});
  return {};
}

void Upkeep::advance_deployments() {
  const auto view = parts_.catalogue.view();
  const auto hardware_of = [&](const std::string& target) {
    const Release* const release = view->find_release(target);
    return release == nullptr ? std::vector<std::string>() : release->hardware;
  };
  check("advance-failed", parts_.deployments.advance(hardware_of, clock_()));
}

void Upkeep::write_contacts() {
  const ContactsBySerial gathered = parts_.contacts.take();
  if (gathered.empty()) return;
  if (const auto added = parts_.devices.add_contacts(gathered); !added) {
    log_event(Severity::kError, "contacts-failed", {{"error", added.error().text()}});
    for (const auto& [serial, contacts] : gathered) parts_.contacts.add(serial, contacts);
  }
}

}  // namespace skiff::server
