// OperatorTest: the operators' API over a database of its own, with two groups of one device each.
#pragma once

#include <string>
#include <vector>

#include "access/password.hpp"
#include "fleet/operator_api.hpp"
#include "tests/server/secret_watch.hpp"
#include "tests/server/store/database_fixture.hpp"

namespace skiff::server::test {

inline constexpr std::int64_t kStart = 1'795'000'000;
inline constexpr std::int64_t kLife = 1'000;
inline const std::string kPassword = "correct horse battery";

class OperatorTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    users_.emplace(*database_);
    credentials_.emplace(*database_);
    audit_.emplace(*database_, *audit_key_);
    admissions_.emplace(*database_);
    devices_.emplace(*database_);
    reports_.emplace(*database_);
    groups_.emplace(*database_);
    deployments_.emplace(*database_);
    alarms_.emplace(*database_);
    numbers_.emplace(*database_);
    ledger_.emplace(*database_);
    budgets_.emplace(*database_);
    webhooks_.emplace(*database_);
    jobs_.emplace(*database_);
    api_.emplace(
        OperatorStores{*users_, *credentials_, *audit_, *admissions_, *devices_, *reports_, *groups_,
                       *deployments_, *alarms_, *numbers_, *ledger_, *budgets_, *webhooks_, uploads_, *jobs_},
        [this] { return view_; },
        RepositoryPort{[]() -> Result<Json::Object> { return Json::Object{}; },
                       [this](const Json::Object& files) { return publish(files); }},
        [this] { return now_; });
    Release release;
    release.target = "releases/two";
    view_->releases.push_back(release);
    for (const char* group : {"labs", "field"}) {
      ASSERT_TRUE(groups_->put({group, ""}));
      const std::string serial = std::string(group) + "-1";
      ASSERT_TRUE(groups_->add(group, {serial}));
      ASSERT_TRUE(devices_->check_in({serial, "k", "f", "gw1", {}, "1.0", 0, "0.1.0", "IDLE"}, kStart));
    }
  }

  /// A token of a new user with these grants.
  std::string token(const std::vector<Grant>& grants, const TokenScope& scope = {},
                    TokenKind kind = TokenKind::kToken) {
    const std::string name = "user-" + std::to_string(++users_made_);
    EXPECT_TRUE(users_->add(name));
    for (const Grant& grant : grants) EXPECT_TRUE(users_->grant(name, grant));
    return credentials_->issue(name, {kind, scope, kLife}, now_).value().secret;
  }

  Response ask(const std::string& method, const std::string& path, const std::string& body,
               const std::string& token) {
    keep_secret(token);
    keep_members(body, {"password", "new_password", "secret"});
    const Response answer = answer_to(method, path, body, token);
    keep_members(answer.text, {"token", "secret"});
    return answer;
  }
  Response answer_to(const std::string& method, const std::string& path, const std::string& body,
                     const std::string& token) {
    Request request{{method, path, 11, {}}, body, {"192.0.2.1", {}, "", ""}};
    if (!token.empty()) request.head.fields.push_back({"authorization", "Bearer " + token});
    for (const Route& route : api_->routes()) {
      const std::string bare = route.takes_query ? path.substr(0, path.find('?')) : path;
      if (route.path == bare && route.methods.front() == method) return route.handler(request);
    }
    return {};
  }
  /// What the repository says to metadata that was signed elsewhere.
  Result<void> publish(const Json::Object& files) {
    if (files.empty()) return fail(ErrorKind::kSignature, "releases: 0 of 1 signatures needed");
    published_ = files;
    return {};
  }
  Response log_in(const std::string& password, const std::string& code = "",
                  const std::string& user = "ann") {
    const Json body = Json::Object{{"v", 1}, {"user", user}, {"password", password}, {"code", code}};
    return ask("POST", "/v1/session", json_text(body), "");
  }
  static void keep_members(const std::string& text, std::initializer_list<std::string_view> names) {
    const auto document = parse_json(as_bytes(text));
    for (const std::string_view name : names) {
      if (document) keep_secret(string_member(*document, name).value_or(""));
    }
  }
  static std::string member(const Response& answer, std::string_view name) {
    const auto document = parse_json(as_bytes(answer.text));
    return document ? string_member(*document, name).value_or("") : "";
  }

  std::int64_t now_ = kStart;
  int users_made_ = 0;
  std::shared_ptr<CatalogueView> view_ = std::make_shared<CatalogueView>();
  std::optional<UserStore> users_;
  std::optional<CredentialStore> credentials_;
  std::unique_ptr<Signer> audit_key_ = generate_ed25519().value();
  std::optional<AuditLog> audit_;
  std::optional<AdmissionStore> admissions_;
  std::optional<DeviceStore> devices_;
  std::optional<ReportStore> reports_;
  std::optional<GroupStore> groups_;
  std::optional<DeploymentStore> deployments_;
  std::optional<AlarmStore> alarms_;
  std::optional<NumberStore> numbers_;
  std::optional<LedgerStore> ledger_;
  std::optional<BudgetStore> budgets_;
  std::optional<WebhookStore> webhooks_;
  std::optional<JobStore> jobs_;
  UploadStore uploads_{folder_.path() / "repo"};
  Json::Object published_;
  std::optional<OperatorApi> api_;
};

}  // namespace skiff::server::test
