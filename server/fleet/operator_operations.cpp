// The tables of OperatorApi's routes.
#include <algorithm>
#include <iterator>

#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

constexpr FieldType kText = FieldType::kText;
constexpr FieldType kNumber = FieldType::kNumber;
constexpr BodyField kUser = {"user", kText, true, "name of a user"};
constexpr BodyField kPassword = {"password", kText, true, "12 to 256 bytes"};
constexpr BodyField kCode = {"code", kText, false, "six digits of the second factor, where the user has one"};
constexpr BodyField kOneGroup = {"group", kText, true, "name of a group"};
constexpr BodyField kGroup = {"group", kText, false, "name of a group; all devices unless told"};
constexpr BodyField kRole = {"role", kText, true, "viewer, operator, releaser, admin or auditor"};
constexpr BodyField kDeployment = {"id", kNumber, true, "number of a deployment"};

constexpr BodyField kAllowFull = {"allow_full", FieldType::kFlag, false,
                                  "a full image may go over metered links, too"};

std::vector<BodyField> deployment_fields() {
  return {{"release", kText, true, "target name of a published release"},
          kGroup,
          {"filter", kText, false, "of these devices those that match, as \"version!=2.0 serial=EU-*\""},
          {"phases", kText, false, "devices, or percent of the group, as \"5 10% 100%\""},
          {"window", kText, false, "time of day of starts, UTC, as 22:00-04:00"},
          {"begins", kNumber, false, "not before, seconds since 1970"},
          {"spread", kNumber, false, "seconds over which starts are spread"},
          {"success_percent", kNumber, false, "of a phase that must have committed before the next"},
          {"failure_percent", kNumber, false, "of updates that ended: more pause the deployment"},
          {"attempts", kNumber, false, "starts that one device has"},
          {"retry_after", kNumber, false,
           "seconds a device waits after a failure, doubled with each, at most a day"},
          {"deadline", kNumber, false, "seconds of silence after which a started device counts as failed"},
          {"priority", kNumber, false, "the higher one of a release's deployments decides"},
          kAllowFull};
}

}  // namespace

const std::vector<OperatorApi::LoginOperation>& OperatorApi::login_operations() {
  static const std::vector<LoginOperation> kOperations = {
      {"/v1/session", &OperatorApi::begin_session, "Begin a session", {kUser, kPassword, kCode}},
      {"/v1/password",
       &OperatorApi::change_password,
       "Change a password, which ends every session of the user",
       {kUser, kPassword, kCode, {"new_password", kText, true, "12 to 256 bytes"}}},
      {"/v1/first-admin",
       &OperatorApi::make_first_admin,
       "Make the first admin by a secret that works once",
       {{"secret", kText, true, "as skiff-server user first-admin printed it"}, kUser, kPassword}},
  };
  return kOperations;
}

std::vector<OperatorApi::Operation> OperatorApi::own_operations() {
  using Api = OperatorApi;
  return {
      {"POST", "/v1/session/end", Verb::kOwn, true, &Api::end_session, "End the session or token that asks"},
      {"GET", "/v1/tokens", Verb::kOwn, false, &Api::see_tokens, "One's own sessions and tokens"},
      {"POST",
       "/v1/tokens/issue",
       Verb::kOwn,
       true,
       &Api::issue_token,
       "Issue a token",
       {{"days", kNumber, false, "its life: 90"}, {"roles", FieldType::kTexts, false, "what it may at most"}},
       true},
      {"POST",
       "/v1/tokens/revoke",
       Verb::kOwn,
       true,
       &Api::revoke_token,
       "Revoke a session or token of one's own",
       {{"id", kText, true, "as listed"}}},
      {"POST",
       "/v1/totp/begin",
       Verb::kOwn,
       true,
       &Api::begin_totp,
       "Get a second factor's secret",
       {kCode},
       true},
      {"POST",
       "/v1/totp/confirm",
       Verb::kOwn,
       true,
       &Api::confirm_totp,
       "Ask for this second factor from now on",
       {{"code", kText, true, "six digits of the new second factor"}},
       true},
  };
}

std::vector<OperatorApi::Operation> OperatorApi::user_operations() {
  using Api = OperatorApi;
  return {
      {"GET", "/v1/users", Verb::kManageUsers, false, &Api::see_users, "Every user and grant"},
      {"POST", "/v1/users/add", Verb::kManageUsers, true, &Api::add_user, "Make a user", {kUser}},
      {"POST",
       "/v1/users/reset",
       Verb::kManageUsers,
       true,
       &Api::reset_user,
       "Set a password, and take away the second factor and the sessions",
       {kUser, kPassword}},
      {"POST", "/v1/users/disable", Verb::kManageUsers, true, &Api::disable_user, "End a user", {kUser}},
      {"POST",
       "/v1/users/grant",
       Verb::kManageUsers,
       true,
       &Api::grant,
       "Give a role",
       {kUser, kRole, kGroup}},
      {"POST",
       "/v1/users/revoke",
       Verb::kManageUsers,
       true,
       &Api::revoke,
       "Take a role",
       {kUser, kRole, kGroup}},
  };
}

std::vector<OperatorApi::Operation> OperatorApi::device_operations() {
  using Api = OperatorApi;
  return {
      {"GET", "/v1/devices", Verb::kSee, false, &Api::see_devices, "Devices that one's grants reach",
       page_fields()},
      {"GET", "/v1/updates", Verb::kSee, false, &Api::see_updates, "What these devices reported of updates"},
      {"POST",
       "/v1/devices/admission",
       Verb::kAdmit,
       true,
       &Api::decide,
       "Accept, reject or decommission a device or a key",
       {{"serial", kText, true, "of the device"},
        {"admission", kText, true, "accepted, rejected or decommissioned"},
        {"key", kText, false, "of a claim"},
        {"group", kText, false, "by whose grant the user acts"}}},
      {"GET", "/v1/claims", Verb::kAdmit, false, &Api::see_claims, "Keys that wait or were refused"},
  };
}

std::vector<OperatorApi::Operation> OperatorApi::deployment_operations() {
  using Api = OperatorApi;
  return {
      {"GET", "/v1/deployments", Verb::kSee, false, &Api::see_deployments, "Deployments of these groups",
       page_fields()},
      {"POST",
       "/v1/deployments/show",
       Verb::kSee,
       false,
       &Api::see_deployment,
       "One deployment, and the devices that wait for it with a reason",
       {kDeployment}},
      {"POST",
       "/v1/deployments/cost",
       Verb::kSee,
       true,
       &Api::see_cost,
       "What a deployment would cost, per group and in all",
       {{"release", kText, true, "target name of a published release"},
        kGroup,
        {"filter", kText, false, "of these devices those that match"},
        kAllowFull}},
      {"POST", "/v1/deployments/create", Verb::kDeploy, true, &Api::deploy, "Begin a deployment",
       deployment_fields()},
      {"POST",
       "/v1/deployments/state",
       Verb::kDeploy,
       true,
       &Api::change_deployment,
       "Pause, resume or abort a deployment",
       {kDeployment,
        {"state", kText, true, "running, paused or aborted"},
        {"reason", kText, false, "for people"}}},
      {"POST",
       "/v1/deployments/approve",
       Verb::kDeploy,
       true,
       &Api::approve,
       "Let another's deployment reach a protected group",
       {kDeployment, kOneGroup}},
  };
}

std::vector<OperatorApi::Operation> OperatorApi::budget_operations() {
  using Api = OperatorApi;
  const std::vector<BodyField> budget = {
      {"of", kText, true, "devices: each device of a group; group: all of them together; deployment"},
      kGroup,
      {"deployment", kNumber, false, "its number"},
      {"period", kText, true, "day or month, UTC; all: a deployment's whole life"}};
  std::vector<BodyField> with_bytes = budget;
  with_bytes.push_back({"bytes", kNumber, true, "that may be received in the period"});
  return {
      {"GET", "/v1/budgets", Verb::kSee, false, &Api::see_budgets, "Byte budgets that one's grants reach"},
      {"POST", "/v1/budgets/set", Verb::kDeploy, true, &Api::set_budget,
       "Make a byte budget, or give it other bytes", with_bytes},
      {"POST", "/v1/budgets/remove", Verb::kDeploy, true, &Api::remove_budget, "End a byte budget", budget},
  };
}

std::vector<OperatorApi::Operation> OperatorApi::report_operations() {
  using Api = OperatorApi;
  return {
      {"GET", "/v1/alarms", Verb::kSee, false, &Api::see_alarms, "Every alarm, the latest first"},
      {"POST",
       "/v1/alarms/clear",
       Verb::kClearAlarms,
       true,
       &Api::clear_alarm,
       "Forget an alarm that was dealt with",
       {{"kind", kText, true, "as listed"}, {"subject", kText, true, "as listed"}}},
      {"GET", "/v1/ledger", Verb::kSee, false, &Api::see_ledger, "Bytes sent, saved and wasted"},
      {"GET", "/v1/metrics", Verb::kSee, false, &Api::see_metrics, "The fleet in numbers, for Prometheus"},
      {"GET", "/v1/audit", Verb::kReadAudit, true, &Api::read_audit, "The last 1,000 entries"},
      {"GET", "/v1/audit/head", Verb::kReadAudit, false, &Api::read_audit_head,
       "The last entry's number, hash and signature"},
  };
}

std::vector<OperatorApi::Operation> OperatorApi::webhook_operations() {
  using Api = OperatorApi;
  const BodyField id = {"id", kNumber, true, "number of a webhook"};
  return {
      {"GET", "/v1/webhooks", Verb::kManageHooks, false, &Api::see_webhooks,
       "Every webhook, and how it does"},
      {"POST",
       "/v1/webhooks/add",
       Verb::kManageHooks,
       true,
       &Api::add_webhook,
       "Make a webhook: its number, and its secret, which is not told again",
       {{"url", kText, true, "https:// where events are posted to"},
        {"events", FieldType::kTexts, false,
         "kinds, or beginnings as deployment.*; all of them unless told"}}},
      {"POST", "/v1/webhooks/remove", Verb::kManageHooks, true, &Api::remove_webhook, "End a webhook", {id}},
      {"POST",
       "/v1/webhooks/test",
       Verb::kManageHooks,
       true,
       &Api::test_webhook,
       "Send it an event as a test",
       {id}},
  };
}

const std::vector<OperatorApi::Operation>& OperatorApi::operations() {
  static const std::vector<Operation> kOperations = [] {
    std::vector<Operation> all;
    for (auto part : {own_operations(), user_operations(), device_operations(), group_operations(),
                      deployment_operations(), budget_operations(), release_operations(), job_operations(),
                      report_operations(), webhook_operations()}) {
      std::ranges::move(part, std::back_inserter(all));
    }
    return all;
  }();
  return kOperations;
}

}  // namespace skiff::server
