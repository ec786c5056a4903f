// What a deployment would cost: bytes that devices would fetch. A pure function of what is known.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "store/catalogue.hpp"
#include "store/devices.hpp"

namespace skiff::server {

/// Payload bytes of a release, for so many devices.
struct Cost {
  std::uint64_t devices = 0;  ///< for which the release is due
  std::uint64_t bytes = 0;    ///< of the smaller of delta and full image, where it is known
  std::uint64_t pending =
      0;  ///< devices whose delta is still to be made, or whose full image is: not in `bytes`
  std::uint64_t held = 0;     ///< devices that may not fetch the full image that they need: not in `bytes`
  std::uint64_t at_most = 0;  ///< `bytes`, and the full image for each that is pending
  std::uint64_t full = 0;     ///< if every device fetched the full image; 0: it is still to be made
};

/// Prices a release for one device after the other.
class CostOfRelease {
 public:
  /// Both outlive it.
  CostOfRelease(const CatalogueView& catalogue, const Release& release);
  /// Adds a device, if the release is due for it. What its decoder can do is not considered.
  void add(const DeviceRecord& device, bool may_fetch_full, Cost& cost) const;

 private:
  const CatalogueView& catalogue_;
  const Release& release_;
  std::map<Sha256, std::uint64_t> deltas_;  ///< lengths, by base
  std::uint64_t full_ = 0;                  ///< length; 0: not there
};

}  // namespace skiff::server
