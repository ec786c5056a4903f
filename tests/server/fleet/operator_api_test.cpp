// Every operator's route with every role on every group, and what tokens, passwords and the audit log are
// worth.
#include "fleet/operator_api.hpp"

#include <fstream>
#include <set>

#include "access/password.hpp"
#include "tests/server/api_document.hpp"
#include "tests/server/store/database_fixture.hpp"

namespace skiff::server::test {
namespace {

constexpr std::int64_t kStart = 1'795'000'000;
constexpr std::int64_t kLife = 1'000;
const std::string kPassword = "correct horse battery";

class OperatorTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    users_.emplace(*database_);
    audit_.emplace(*database_);
    admissions_.emplace(*database_);
    devices_.emplace(*database_);
    groups_.emplace(*database_);
    deployments_.emplace(*database_);
    alarms_.emplace(*database_);
    api_.emplace(OperatorStores{*users_, *audit_, *admissions_, *devices_, *groups_, *deployments_, *alarms_},
                 [this] { return now_; });
    for (const char* group : {"labs", "field"}) {
      ASSERT_TRUE(groups_->put({group, ""}));
      const std::string serial = std::string(group) + "-1";
      ASSERT_TRUE(groups_->add(group, {serial}));
      ASSERT_TRUE(devices_->check_in({serial, "k", "f", "gw1", {}, "1.0", 0, "0.1.0", "IDLE"}, kStart));
    }
  }

  /// A token of a new user with these grants.
  std::string token(const std::vector<Grant>& grants, const TokenScope& scope = {}) {
    const std::string name = "user-" + std::to_string(++users_made_);
    EXPECT_TRUE(users_->add(name));
    for (const Grant& grant : grants) EXPECT_TRUE(users_->grant(name, grant));
    return users_->issue_token(name, scope, now_, kLife).value().secret;
  }

  Response ask(const std::string& method, const std::string& path, const std::string& body,
               const std::string& token) {
    Request request{{method, path, 11, {}}, body, {"192.0.2.1", {}, "", ""}};
    if (!token.empty()) request.head.fields.push_back({"authorization", "Bearer " + token});
    for (const Route& route : api_->routes()) {
      if (route.path == path && route.methods.front() == method) return route.handler(request);
    }
    return {};
  }
  Response log_in(const std::string& password) {
    return ask("POST", "/v1/session", R"({"v":1,"user":"ann","password":")" + password + "\"}", "");
  }

  std::int64_t now_ = kStart;
  int users_made_ = 0;
  std::optional<UserStore> users_;
  std::optional<AuditLog> audit_;
  std::optional<AdmissionStore> admissions_;
  std::optional<DeviceStore> devices_;
  std::optional<GroupStore> groups_;
  std::optional<DeploymentStore> deployments_;
  std::optional<AlarmStore> alarms_;
  std::optional<OperatorApi> api_;
};

/// A route, what it is asked to do to `group`, and who may.
struct RouteCase {
  const char* method;
  const char* path;
  std::set<Role> roles;
  bool is_filtered;  ///< shows what the grants reach
  bool has_group;    ///< is done to one group
};
const RouteCase kRoutes[] = {
    {"GET",
     "/v1/devices",
     {Role::kViewer, Role::kOperator, Role::kReleaser, Role::kAdmin, Role::kAuditor},
     true,
     false},
    {"POST", "/v1/devices/admission", {Role::kOperator, Role::kAdmin}, false, true},
    {"GET", "/v1/claims", {Role::kOperator, Role::kAdmin}, false, false},
    {"GET",
     "/v1/groups",
     {Role::kViewer, Role::kOperator, Role::kReleaser, Role::kAdmin, Role::kAuditor},
     true,
     false},
    {"GET",
     "/v1/deployments",
     {Role::kViewer, Role::kOperator, Role::kReleaser, Role::kAdmin, Role::kAuditor},
     true,
     false},
    {"POST", "/v1/deployments/create", {Role::kReleaser, Role::kAdmin}, false, true},
    {"POST", "/v1/deployments/state", {Role::kReleaser, Role::kAdmin}, false, true},
    {"GET",
     "/v1/alarms",
     {Role::kViewer, Role::kOperator, Role::kReleaser, Role::kAdmin, Role::kAuditor},
     false,
     false},
    {"POST", "/v1/alarms/clear", {Role::kOperator, Role::kAdmin}, false, false},
    {"GET", "/v1/audit", {Role::kAdmin, Role::kAuditor}, false, false},
};

/// A body by which the route does something to the group "labs", if it is done to a group.
std::string body_for(const std::string& path, std::int64_t deployment) {
  if (path == "/v1/devices/admission") {
    return R"({"v":1,"serial":"labs-1","admission":"accepted","group":"labs"})";
  }
  if (path == "/v1/deployments/create") return R"({"v":1,"release":"releases/two","group":"labs"})";
  if (path == "/v1/deployments/state") {
    return R"({"v":1,"id":)" + std::to_string(deployment) + R"(,"state":"paused"})";
  }
  if (path == "/v1/alarms/clear") return R"({"v":1,"kind":"none","subject":"none"})";
  return "";
}

TEST_F(OperatorTest, EveryRouteAnswersEveryRoleOnEveryGroupAsTheTableSays) {
  DeploymentOrder order;
  order.group = "labs";
  const std::int64_t deployment = deployments_->create(order, kStart).value();
  std::size_t routes = 0;
  for (const RouteCase& c : kRoutes) {
    ++routes;
    for (const Role role : kRoles) {
      for (const char* group : {"", "labs", "field"}) {
        const bool has_role = c.roles.contains(role);
        const bool reaches =
            *group == '\0' || c.is_filtered || (c.has_group && std::string_view(group) == "labs");
        const Response answer = ask(c.method, c.path, body_for(c.path, deployment), token({{role, group}}));
        // An alarm that is not there is not found, by those who may clear it.
        const unsigned done = std::string_view(c.path) == "/v1/alarms/clear" ? 404 : 200;
        EXPECT_EQ(answer.status, has_role && reaches ? done : 403U)
            << c.method << ' ' << c.path << " as " << to_string(role) << " of '" << group
            << "': " << answer.text;
      }
    }
    EXPECT_EQ(ask(c.method, c.path, body_for(c.path, deployment), token({})).status, 403U) << c.path;
    EXPECT_EQ(ask(c.method, c.path, body_for(c.path, deployment), "").status, 401U) << c.path;
    EXPECT_EQ(ask(c.method, c.path, body_for(c.path, deployment), "skiff_00").status, 401U) << c.path;
  }
  EXPECT_EQ(routes, OperatorApi::operations().size());
}

TEST_F(OperatorTest, WhoHasAGroupSeesItsDevicesAlone) {
  const Response one = ask("GET", "/v1/devices", "", token({{Role::kViewer, "labs"}}));
  EXPECT_NE(one.text.find("labs-1"), std::string::npos);
  EXPECT_EQ(one.text.find("field-1"), std::string::npos);
  const Response all = ask("GET", "/v1/devices", "", token({{Role::kViewer, ""}}));
  EXPECT_NE(all.text.find("field-1"), std::string::npos);
  EXPECT_EQ(ask("POST", "/v1/devices/admission",
                R"({"v":1,"serial":"field-1","admission":"rejected","group":"labs"})",
                token({{Role::kOperator, "labs"}}))
                .status,
            404U);
  EXPECT_EQ(admissions_->admit({"field-1", "k", ""}, now_).value(), Admission::kAccepted);
}

TEST_F(OperatorTest, WhatIsTakenAwayHoldsFromTheNextRequestOn) {
  const std::string secret = token({{Role::kViewer, ""}, {Role::kAuditor, ""}});
  EXPECT_EQ(ask("GET", "/v1/audit", "", secret).status, 200U);
  ASSERT_TRUE(users_->revoke("user-1", {Role::kAuditor, ""}));
  EXPECT_EQ(ask("GET", "/v1/audit", "", secret).status, 403U);
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 200U);
  ASSERT_TRUE(users_->disable("user-1"));
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 401U);
  EXPECT_FALSE(users_->issue_token("user-1", {}, now_, kLife));
}

TEST_F(OperatorTest, ATokenHasAScopeAndAnEnd) {
  const std::string secret = token({{Role::kAdmin, ""}, {Role::kViewer, ""}}, {Role::kViewer});
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 200U);
  EXPECT_EQ(ask("GET", "/v1/audit", "", secret).status, 403U);
  now_ += kLife;
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 401U);
}

TEST_F(OperatorTest, APasswordOpensASessionAndWrongOnesMakeItWait) {
  ASSERT_TRUE(users_->add("ann"));
  EXPECT_EQ(log_in(kPassword).status, 401U);  // none is set
  ASSERT_TRUE(users_->set_password("ann", hash_password(kPassword).value()));
  ASSERT_TRUE(users_->grant("ann", {Role::kViewer, ""}));
  const Response session = log_in(kPassword);
  ASSERT_EQ(session.status, 200U) << session.text;
  const std::string secret = string_member(parse_json(as_bytes(session.text)).value(), "token").value();
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 200U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log_in("wrong horse battery").status, 401U);
  EXPECT_EQ(log_in(kPassword).status, 429U);
  now_ += 1;
  EXPECT_EQ(log_in("wrong horse battery").status, 401U);
  now_ += 1;
  EXPECT_EQ(log_in(kPassword).status, 429U);
  now_ += 1;
  EXPECT_EQ(log_in(kPassword).status, 200U);
}

TEST_F(OperatorTest, SecretsAreNotInTheDatabase) {
  const std::string secret = token({{Role::kAdmin, ""}});
  ASSERT_TRUE(users_->set_password("user-1", hash_password(kPassword).value()));
  std::ifstream file(folder_.path() / "db", std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(content.empty());
  EXPECT_EQ(content.find(secret), std::string::npos);
  EXPECT_EQ(content.find(kPassword), std::string::npos);
  EXPECT_NE(content.find("$argon2id$v=19$m=19456,t=2,p=1$"), std::string::npos);
}

TEST_F(OperatorTest, WhatIsAskedIsWrittenDownAlsoWhereItIsRefused) {
  const std::string body = body_for("/v1/devices/admission", 0);
  ask("POST", "/v1/devices/admission", body, token({{Role::kOperator, ""}}));
  ask("POST", "/v1/devices/admission", body, token({{Role::kViewer, ""}}));
  const auto entries = audit_->list(0, 10).value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].who, "user-1");
  EXPECT_EQ(entries[0].object, "labs-1");
  EXPECT_EQ(entries[0].detail, "allowed: accepted");
  EXPECT_EQ(entries[1].detail, "refused: accepted");
}

TEST_F(OperatorTest, TheAuditLogShowsEditsDeletionsReorderingAndWhatWasCutOff) {
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(audit_->append({0, kStart, "ann", "v", std::to_string(i), "d", ""}));
  const AuditHead head = audit_->verify({}).value();
  EXPECT_EQ(head.number, 5U);
  EXPECT_TRUE(audit_->verify(head));
  const struct {
    const char* name;
    std::vector<std::string> statements;
    const char* entry;
  } cases[] = {
      {"edit", {"UPDATE audit_log SET object = 'x' WHERE number = 3"}, "entry 3"},
      {"shifted text", {"UPDATE audit_log SET who = 'an', verb = 'nv' WHERE number = 4"}, "entry 4"},
      {"deletion", {"DELETE FROM audit_log WHERE number = 2"}, "entry 2"},
      {"deletion and renumbering",
       {"DELETE FROM audit_log WHERE number = 2",
        "UPDATE audit_log SET number = number - 1 WHERE number > 2"},
       "entry 2"},
      {"reordering",
       {"UPDATE audit_log SET number = 9 WHERE number = 1",
        "UPDATE audit_log SET number = 1 WHERE number = 2",
        "UPDATE audit_log SET number = 2 WHERE number = 9"},
       "entry 1"},
      {"truncation", {"DELETE FROM audit_log WHERE number > 3"}, "entry 4"},
  };
  for (const auto& c : cases) {
    std::filesystem::copy_file(folder_.path() / "db", folder_.path() / "tried",
                               std::filesystem::copy_options::overwrite_existing);
    const auto tried = Database::open(folder_.path() / "tried").value();
    ASSERT_TRUE(tried->transact("tamper", [&](soci::session& sql) {
      for (const std::string& statement : c.statements) sql << statement;
    }));
    const auto verified = AuditLog(*tried).verify(head);
    ASSERT_FALSE(verified) << c.name;
    EXPECT_NE(verified.error().text().find(c.entry), std::string::npos) << c.name << verified.error().text();
  }
}

TEST_F(OperatorTest, EveryPathOfTheDocumentIsARouteAndTheOtherWayRound) {
  std::vector<std::pair<std::string, std::string>> described = {{"POST `/v1/session`", ""}};
  for (const OperatorApi::Operation& operation : OperatorApi::operations()) {
    described.emplace_back(std::string(operation.method) + " `" + operation.path + "`",
                           std::string(to_string(operation.verb)));
  }
  EXPECT_EQ(described, api_document("OPERATORS.md").paths);
}

TEST_F(OperatorTest, OddRequestsAreRefusedBeforeAnythingIsDone) {
  const std::string admin = token({{Role::kAdmin, ""}});
  const struct {
    const char* path;
    const char* body;
  } cases[] = {
      {"/v1/devices/admission", "{}"},
      {"/v1/devices/admission", R"({"v":1,"serial":"a/b","admission":"accepted"})"},
      {"/v1/devices/admission", R"({"v":1,"serial":"d1","admission":"pending"})"},
      {"/v1/devices/admission", R"({"v":1,"serial":"d1","admission":"decommissioned","key":"k"})"},
      {"/v1/deployments/create", R"({"v":1,"release":"r","phases":"5"})"},
      {"/v1/deployments/create", R"({"v":1,"release":"r","window":"soon"})"},
      {"/v1/deployments/create", R"({"v":1,"release":"r","failure_percent":101})"},
      {"/v1/deployments/create", R"({"v":1,"release":"r","colour":1})"},
      {"/v1/deployments/state", R"({"v":1,"id":1,"state":"finished"})"},
      {"/v1/alarms/clear", "nonsense"},
  };
  for (const auto& c : cases) EXPECT_EQ(ask("POST", c.path, c.body, admin).status, 400U) << c.body;
  EXPECT_EQ(audit_->head().value().number, 0U);
}

}  // namespace
}  // namespace skiff::server::test
