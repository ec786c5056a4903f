#include "deltas/demand.hpp"

#include <algorithm>
#include <iterator>

#include "fleet/planner.hpp"

namespace skiff::server {
namespace {

std::set<const Release*> wanted_releases(const CatalogueView& catalogue, const DeployedReleases& deployed) {
  std::vector<Release> free;
  std::ranges::copy_if(catalogue.releases, std::back_inserter(free),
                       [&](const Release& release) { return !deployed.governed.contains(release.target); });
  std::set<const Release*> wanted;
  for (const Release& release : catalogue.releases) {
    for (const std::string& hardware : release.hardware) {
      const Release* const newest_free = newest_release(free, hardware);
      const bool is_free = newest_free != nullptr && newest_free->target == release.target;
      if (is_free || newest_release(catalogue.releases, hardware) == &release) wanted.insert(&release);
    }
    if (deployed.live.contains(release.target)) wanted.insert(&release);
  }
  return wanted;
}

}  // namespace

std::map<ImagePair, std::uint64_t> demand_of(const CatalogueView& catalogue,
                                             const std::vector<ImageCount>& fleet,
                                             const DeployedReleases& deployed) {
  std::map<ImagePair, std::uint64_t> demand;
  for (const Release* release : wanted_releases(catalogue, deployed)) {
    std::uint64_t& whole = demand[full_image_pair(release->image)];
    for (const ImageCount& some : fleet) {
      const auto& hardware = release->hardware;
      if (std::find(hardware.begin(), hardware.end(), some.hardware) == hardware.end()) continue;
      whole += some.devices;
      if (some.image == release->image) continue;
      const Release* const running = catalogue.find_image(some.image.sha256);
      if (running != nullptr && running->release_counter >= release->release_counter) continue;
      demand[{some.image, release->image}] += some.devices;
    }
  }
  return demand;
}

Result<std::size_t> queue_demand(const CatalogueView& catalogue,
                                 const std::map<ImagePair, std::uint64_t>& demand, JobStore& jobs,
                                 std::int64_t now) {
  std::set<ImagePair> offered;
  for (const OfferedDelta& delta : catalogue.deltas) offered.insert({delta.offer.base, delta.offer.result});
  SKIFF_ASSIGN(const SettledPairs settled, jobs.settled());
  std::size_t queued = 0;
  for (const auto& [pair, devices] : demand) {
    const bool can_be_made = pair.base.length == 0 || catalogue.find_image(pair.base.sha256) != nullptr;
    if (!can_be_made || offered.contains(pair) || settled.contains(pair)) continue;
    SKIFF_TRY(jobs.enqueue(pair, kBackgroundPriority, now, devices));
    ++queued;
  }
  return queued;
}

std::set<std::string> unused_deltas(const CatalogueView& catalogue,
                                    const std::map<ImagePair, std::uint64_t>& demand) {
  std::map<Sha256, std::uint64_t> full_lengths;
  for (const OfferedDelta& delta : catalogue.deltas) {
    if (delta.offer.is_full_image()) full_lengths[delta.offer.result.sha256] = delta.offer.length;
  }
  std::set<std::string> unused;
  for (const OfferedDelta& delta : catalogue.deltas) {
    const DeltaOffer& offer = delta.offer;
    const auto full = full_lengths.find(offer.result.sha256);
    const bool too_large =
        !offer.is_full_image() && full != full_lengths.end() && full->second <= offer.length;
    const bool can_be_made = offer.is_full_image() || catalogue.find_image(offer.base.sha256) != nullptr;
    if (too_large || (can_be_made && !demand.contains({offer.base, offer.result})))
      unused.insert(offer.target);
  }
  return unused;
}

}  // namespace skiff::server
