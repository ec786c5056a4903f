// Demand: which deltas the fleet has a use for. A pure function of what is known.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fleet/deployments.hpp"
#include "store/catalogue.hpp"
#include "store/devices.hpp"
#include "store/jobs.hpp"

namespace skiff::server {

/// Deltas that some device may be told to fetch, and how many devices that is: those that run the base; for a
/// full image, every device of the release's hardware. A release is worth having where it is the newest of a
/// hardware id, the newest of those without a deployment, or has a deployment that is not aborted.
std::map<ImagePair, std::uint64_t> demand_of(const CatalogueView& catalogue,
                                             const std::vector<ImageCount>& fleet,
                                             const DeployedReleases& deployed);

/// Queues those deltas that are missing and can be made, as background jobs: the ones that most devices wait
/// for are made first. How many were queued, or were queued already.
Result<std::size_t> queue_demand(const CatalogueView& catalogue,
                                 const std::map<ImagePair, std::uint64_t>& demand, JobStore& jobs,
                                 std::int64_t now);

/// Published deltas that no device would be told to fetch: nobody demands them, or the full image is not
/// larger. Those whose base is no release's image stay: builders brought them, and the server could not make
/// them again.
std::set<std::string> unused_deltas(const CatalogueView& catalogue,
                                    const std::map<ImagePair, std::uint64_t>& demand);

}  // namespace skiff::server
