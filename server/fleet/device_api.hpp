// DeviceApi: the paths of API.md: metadata, targets, check-in and reports.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "fleet/planner.hpp"
#include "http/router.hpp"
#include "store/devices.hpp"
#include "store/reports.hpp"

namespace skiff::server {

/// Seconds since 1970 UTC.
using WallClock = std::function<std::int64_t()>;

/// What the API works on; owned by the caller, and outlives it.
struct FleetStores {
  Catalogue& catalogue;
  AdmissionStore& admissions;
  DeviceStore& devices;
  ReportStore& reports;
  JobStore& jobs;
};

/// Thread-safe: its handlers run several at once.
class DeviceApi {
 public:
  /// `on_job` is told when a device began to wait for a delta; it may be empty.
  DeviceApi(FleetStores stores, PollTimes times, WallClock clock, std::function<void()> on_job);

  /// The routes of API.md, in its order. They refer to this object.
  std::vector<Route> routes();
  /// Refuses a device that may not speak to the server now.
  std::optional<Response> admit(const Peer& peer);

 private:
  Response metadata(const Request& request);
  Response target(const Request& request);
  /// What a plan of nothing holds for: as long as the tag is the same, the same device gets the same answer.
  /// Now it stands for the published timestamp; whatever else plans will depend on has to change it.
  [[nodiscard]] std::string tag() const;
  Response poll(const Request& request);
  Response check_in(const Request& request);
  Response report(const Request& request);
  Response answer_check_in(const Request& request, const CheckIn& device);

  FleetStores stores_;
  PollTimes times_;
  WallClock clock_;
  std::function<void()> on_job_;
};

}  // namespace skiff::server
