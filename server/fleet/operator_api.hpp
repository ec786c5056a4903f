// OperatorApi: what people and programs ask of the fleet (OPERATORS.md): routes with a verb, roles and an
// audit.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "access/authorise.hpp"
#include "fleet/cost.hpp"
#include "fleet/deployments.hpp"
#include "fleet/device_api.hpp"
#include "fleet/operator_body.hpp"
#include "store/alarms.hpp"
#include "store/audit.hpp"
#include "store/credentials.hpp"
#include "store/jobs.hpp"
#include "store/ledger.hpp"
#include "store/numbers.hpp"
#include "store/reports.hpp"
#include "store/uploads.hpp"
#include "store/users.hpp"
#include "store/webhooks.hpp"

namespace skiff::server {

/// What the API works on; owned by the caller, and outlives it.
struct OperatorStores {
  UserStore& users;
  CredentialStore& credentials;
  AuditLog& audit;
  AdmissionStore& admissions;
  DeviceStore& devices;
  ReportStore& reports;
  GroupStore& groups;
  DeploymentStore& deployments;
  AlarmStore& alarms;
  NumberStore& numbers;
  LedgerStore& ledger;
  BudgetStore& budgets;
  WebhookStore& webhooks;
  UploadStore& uploads;
  JobStore& jobs;
};

/// What builders elsewhere ask of the repository, as Repository::role_files() and Publisher::accept() do it.
struct RepositoryPort {
  std::function<Result<Json::Object>()> role_files;
  std::function<Result<void>(const Json::Object& untrusted_files)> publish;
};

inline constexpr std::uint64_t kMaxOperatorBody = 16'384;  ///< bytes of a request

/// What is published at this moment.
using ViewCatalogue = std::function<std::shared_ptr<const CatalogueView>()>;

/// Thread-safe: its handlers run several at once.
class OperatorApi {
 public:
  OperatorApi(OperatorStores stores, ViewCatalogue view, RepositoryPort repository, WallClock clock)
      : stores_(stores),
        view_(std::move(view)),
        repository_(std::move(repository)),
        clock_(std::move(clock)) {}

  /// A request that is understood: what it is done to, and how. Nothing is done before it is authorised.
  struct Intent {
    std::optional<std::string>
        group;           ///< what authorise() is asked about; none: run() shows what grants reach
    std::string object;  ///< for the audit
    std::string detail;
    std::function<Result<Json>(const Principal& who)> run;  ///< a text is answered as plain text
  };
  /// A route for those who have a token.
  struct Operation {
    const char* method;
    const char* path;
    Verb verb;
    bool is_audited;
    Result<Intent> (OperatorApi::*understand)(const OperatorBody& body);
    const char* summary;
    std::vector<BodyField> fields{};
    bool wants_session = false;  ///< a person has to ask: a token that was stolen of a program cannot
    std::uint64_t max_body = kMaxOperatorBody;  ///< a longer one is read for those who have a token alone
  };
  static const std::vector<Operation>& operations();

  /// A POST by which those who have no token prove who they are.
  struct LoginOperation {
    const char* path;
    Response (OperatorApi::*respond)(const Request& request, const OperatorBody& body);
    const char* summary;
    std::vector<BodyField> fields;
  };
  static const std::vector<LoginOperation>& login_operations();

  /// The routes of OPERATORS.md, and those that ask for no token: whether the server is ready, and the
  /// description of the others. They refer to this object.
  std::vector<Route> routes();

 private:
  static std::vector<Operation> own_operations();
  static std::vector<Operation> user_operations();
  static std::vector<Operation> device_operations();
  static std::vector<Operation> group_operations();
  static std::vector<Operation> deployment_operations();
  static std::vector<Operation> budget_operations();
  static std::vector<Operation> release_operations();
  static std::vector<Operation> job_operations();
  static std::vector<Operation> report_operations();
  static std::vector<Operation> webhook_operations();

  Response answer(const Operation& operation, const Request& request);
  /// The answer to those who have no token.
  std::optional<Response> refusal(const RequestHead& head);
  Response answer_ready();
  Response answer_login(const LoginOperation& operation, const Request& request);
  Result<void> write_audit(const Principal& who, const Operation& operation, const Intent& intent,
                           bool allowed);

  Response begin_session(const Request& request, const OperatorBody& body);
  Response change_password(const Request& request, const OperatorBody& body);
  Response make_first_admin(const Request& request, const OperatorBody& body);
  /// Whose user, password and code they are; otherwise the answer that refuses them.
  tl::expected<std::string, Response> prove(const Request& request, const OperatorBody& body);
  /// Whether the password and the code, if one is asked for, are right. Takes the code.
  Result<bool> is_right(const std::string& user, const Login& login, const std::string& password,
                        const std::string& code);

  Result<Intent> end_session(const OperatorBody& body);
  Result<Intent> see_tokens(const OperatorBody& body);
  Result<Intent> issue_token(const OperatorBody& body);
  Result<Intent> revoke_token(const OperatorBody& body);
  Result<Intent> begin_totp(const OperatorBody& body);
  Result<Intent> confirm_totp(const OperatorBody& body);

  Result<Intent> see_users(const OperatorBody& body);
  Result<Intent> add_user(const OperatorBody& body);
  Result<Intent> reset_user(const OperatorBody& body);
  Result<Intent> disable_user(const OperatorBody& body);
  Result<Intent> grant(const OperatorBody& body);
  Result<Intent> revoke(const OperatorBody& body);

  Result<Intent> see_devices(const OperatorBody& body);
  /// Of the devices that a user's grants reach.
  Result<std::vector<DeviceRecord>> devices_of(const Principal& who);
  Result<Intent> see_updates(const OperatorBody& body);
  Result<Intent> see_claims(const OperatorBody& body);
  Result<Intent> decide(const OperatorBody& body);
  Result<Intent> see_alarms(const OperatorBody& body);
  Result<Intent> clear_alarm(const OperatorBody& body);
  Result<Intent> read_audit(const OperatorBody& body);
  Result<Intent> see_ledger(const OperatorBody& body);
  Result<Intent> see_metrics(const OperatorBody& body);
  Result<Intent> read_audit_head(const OperatorBody& body);

  Result<Intent> see_groups(const OperatorBody& body);
  Result<Intent> create_group(const OperatorBody& body);
  Result<Intent> remove_group(const OperatorBody& body);
  Result<Intent> add_to_group(const OperatorBody& body);
  Result<Intent> take_from_group(const OperatorBody& body);

  Result<Intent> see_deployments(const OperatorBody& body);
  Result<Intent> see_cost(const OperatorBody& body);
  /// Whom a deployment would reach, and how.
  struct Plea {
    std::string group;
    std::string filter;
    bool allow_full = false;
  };
  Result<Json> price(const CostOfRelease& release, const Plea& plea, const Principal& who);
  Result<Intent> see_deployment(const OperatorBody& body);
  /// Devices that the deployment would reach, and that wait for its release with a reason.
  Result<Json::Array> held_devices(const DeploymentOrder& order);
  Result<Intent> deploy(const OperatorBody& body);
  Result<Intent> change_deployment(const OperatorBody& body);
  Result<Intent> approve(const OperatorBody& body);
  /// Of a deployment that is not there the group of all devices: only who may see all shall learn it.
  Result<std::string> group_of_deployment(const std::string& number);

  Result<Intent> see_budgets(const OperatorBody& body);
  Result<Intent> set_budget(const OperatorBody& body);
  Result<Intent> remove_budget(const OperatorBody& body);
  Result<std::string> group_of(const Budget& budget);

  Result<Intent> see_webhooks(const OperatorBody& body);
  Result<Intent> add_webhook(const OperatorBody& body);
  Result<Intent> remove_webhook(const OperatorBody& body);
  Result<Intent> test_webhook(const OperatorBody& body);

  Result<Intent> see_jobs(const OperatorBody& body);
  Result<Intent> retry_job(const OperatorBody& body);
  Result<Intent> cancel_job(const OperatorBody& body);

  Result<Intent> see_releases(const OperatorBody& body);
  Result<Intent> see_repository(const OperatorBody& body);
  Result<Intent> publish(const OperatorBody& body);
  Result<Intent> see_uploads(const OperatorBody& body);
  Result<Intent> begin_upload(const OperatorBody& body);
  Result<Intent> finish_upload(const OperatorBody& body);

  OperatorStores stores_;
  ViewCatalogue view_;
  RepositoryPort repository_;
  WallClock clock_;
  std::mutex hashing_;  ///< one password at a time: each takes 19 MiB
};

}  // namespace skiff::server
