// DeviceApi: the paths of API.md: metadata, targets, check-in and reports.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "fleet/deployments.hpp"
#include "fleet/planner.hpp"
#include "fleet/report_intake.hpp"
#include "http/router.hpp"
#include "store/devices.hpp"

namespace skiff::server {

/// Where devices ask what to do: what may be put off while too many do.
inline constexpr std::string_view kCheckInPath = "/v1/check-in";

/// Seconds since 1970 UTC.
using WallClock = std::function<std::int64_t()>;

/// What the API works on; owned by the caller, and outlives it.
struct FleetStores {
  Catalogue& catalogue;
  AdmissionStore& admissions;
  DeviceStore& devices;
  ReportIntake& reports;
  JobStore& jobs;
  GroupStore& groups;
  DeploymentStore& deployments;
  ContactLedger& contacts;
};

struct DeviceApiOptions {
  PollTimes times;
  bool deployments_only = false;  ///< a release that has no deployment reaches nobody
};

/// Thread-safe: its handlers run several at once.
class DeviceApi {
 public:
  /// `on_job` is told when a device began to wait for a delta; it may be empty.
  DeviceApi(FleetStores stores, DeviceApiOptions options, WallClock clock, std::function<void()> on_job);

  /// The routes of API.md, in its order. They refer to this object.
  std::vector<Route> routes();
  /// Those of them that tell nothing of a device, for whoever asks: signed metadata, targets by their hash.
  std::vector<Route> public_routes();
  /// Refuses a device that may not speak to the server now.
  std::optional<Response> admit(const Peer& peer);

 private:
  Response metadata(const Request& request);
  Response target(const Request& request);
  /// What a plan of nothing holds for: as long as the tag is the same, the same device gets the same answer.
  /// It stands for the published timestamp and the epoch of groups and deployments; whatever else plans will
  /// depend on has to change it.
  Result<std::string> tag();
  Response poll(const Request& request);
  Response check_in(const Request& request);
  Response report(const Request& request);
  Response answer_check_in(const Request& request, const CheckIn& device);
  Result<Plan> make_plan(const std::string& serial, const CheckIn& device, std::int64_t now);
  /// Whether the device's update by this target was aborted; false also where nothing is known of it.
  bool is_withdrawn(const std::string& serial, const std::string& release);

  FleetStores stores_;
  DeviceApiOptions options_;
  WallClock clock_;
  std::function<void()> on_job_;
};

}  // namespace skiff::server
