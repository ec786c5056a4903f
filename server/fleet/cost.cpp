#include "fleet/cost.hpp"

#include <algorithm>

namespace skiff::server {

CostOfRelease::CostOfRelease(const CatalogueView& catalogue, const Release& release)
    : catalogue_(catalogue), release_(release) {
  for (const OfferedDelta& delta : catalogue.deltas) {
    const DeltaOffer& offer = delta.offer;
    if (offer.result != release.image) continue;
    std::uint64_t& length = offer.is_full_image() ? full_ : deltas_[offer.base.sha256];
    length = length == 0 ? offer.length : std::min(length, offer.length);
  }
}

void CostOfRelease::add(const DeviceRecord& device, bool may_fetch_full, Cost& cost) const {
  const DeviceStatus& status = device.status;
  const auto& hardware = release_.hardware;
  if (device.admission != Admission::kAccepted || status.counter_floor >= release_.release_counter ||
      status.image == release_.image ||
      std::find(hardware.begin(), hardware.end(), status.hardware) == hardware.end()) {
    return;
  }
  ++cost.devices;
  cost.full += full_;
  const auto delta = deltas_.find(status.image.sha256);
  const bool has_delta = delta != deltas_.end();
  const bool to_be_made = !has_delta && catalogue_.find_image(status.image.sha256) != nullptr;
  const bool is_delta = has_delta && (full_ == 0 || delta->second < full_);
  if (!to_be_made && !is_delta && !may_fetch_full) {
    ++cost.held;
    return;
  }
  if (to_be_made || (!has_delta && full_ == 0)) {
    ++cost.pending;
    cost.at_most += full_;
    return;
  }
  const std::uint64_t length = is_delta ? delta->second : full_;
  cost.bytes += length;
  cost.at_most += length;
}

}  // namespace skiff::server
