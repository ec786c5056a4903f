// OperatorApi: what people and programs ask of the fleet (OPERATORS.md): routes with a verb, roles and an
// audit.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "access/authorise.hpp"
#include "fleet/deployments.hpp"
#include "fleet/device_api.hpp"
#include "skiff/json.hpp"
#include "store/alarms.hpp"
#include "store/audit.hpp"
#include "store/users.hpp"

namespace skiff::server {

/// What the API works on; owned by the caller, and outlives it.
struct OperatorStores {
  UserStore& users;
  AuditLog& audit;
  AdmissionStore& admissions;
  DeviceStore& devices;
  GroupStore& groups;
  DeploymentStore& deployments;
  AlarmStore& alarms;
};

/// Thread-safe: its handlers run several at once.
class OperatorApi {
 public:
  OperatorApi(OperatorStores stores, WallClock clock) : stores_(stores), clock_(std::move(clock)) {}

  /// A request that is understood: what it is done to, and how. Nothing is done before it is authorised.
  struct Intent {
    std::optional<std::string>
        group;           ///< what authorise() is asked about; none: run() shows what grants reach
    std::string object;  ///< for the audit
    std::string detail;
    std::function<Result<Json>(const Principal& who)> run;
  };
  using Understand = Result<Intent> (OperatorApi::*)(const Json& body);
  struct Operation {
    const char* method;
    const char* path;
    Verb verb;
    bool is_audited;
    Understand understand;
  };
  /// Every route but that of sessions.
  static const std::vector<Operation>& operations();

  /// The routes of OPERATORS.md. They refer to this object.
  std::vector<Route> routes();

 private:
  Response begin_session(const Request& request);
  Response answer(const Operation& operation, const Request& request);
  Result<void> write_audit(const Principal& who, const Operation& operation, const Intent& intent,
                           bool allowed);

  Result<Intent> see_devices(const Json& body);
  Result<Intent> see_claims(const Json& body);
  Result<Intent> decide(const Json& body);
  Result<Intent> see_groups(const Json& body);
  Result<Intent> see_deployments(const Json& body);
  Result<Intent> deploy(const Json& body);
  Result<Intent> change_deployment(const Json& body);
  Result<Intent> see_alarms(const Json& body);
  Result<Intent> clear_alarm(const Json& body);
  Result<Intent> read_audit(const Json& body);

  OperatorStores stores_;
  WallClock clock_;
  std::mutex hashing_;  ///< one password at a time: each takes 19 MiB
};

}  // namespace skiff::server
