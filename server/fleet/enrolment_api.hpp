// EnrolmentApi: how devices come by their certificates, and by the next (API.md, "Enrolment").
#pragma once

#include <cstdint>
#include <vector>

#include "access/certificates.hpp"
#include "fleet/device_api.hpp"

namespace skiff::server {

struct EnrolmentOptions {
  std::uint32_t certificate_days = 365;
  std::uint32_t ask_after = 600;  ///< seconds from one try of a device that waits to the next
};

/// Thread-safe: its handlers run several at once. What it is given outlives it.
class EnrolmentApi {
 public:
  EnrolmentApi(AdmissionStore& admissions, DeviceAuthority authority, EnrolmentOptions options,
               WallClock clock)
      : admissions_(admissions),
        authority_(std::move(authority)),
        options_(options),
        clock_(std::move(clock)) {}

  /// The route of the port where devices have no certificate yet.
  std::vector<Route> stranger_routes();
  /// The route of the port where they have one.
  std::vector<Route> device_routes();

 private:
  Response enrol(const Request& request);
  Response renew(const Request& request);
  Response certify(KeyRequest request);

  AdmissionStore& admissions_;
  DeviceAuthority authority_;
  EnrolmentOptions options_;
  WallClock clock_;
};

}  // namespace skiff::server
