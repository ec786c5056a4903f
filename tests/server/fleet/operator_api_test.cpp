// Every operator's route with every role on every group, and what tokens, passwords and the audit log are
// worth.
#include <map>
#include <set>

#include "fleet/report_intake.hpp"
#include "tests/server/api_document.hpp"
#include "tests/server/fleet/operator_fixture.hpp"

namespace skiff::server::test {
namespace {

const std::set<Role> kAll = {kRoles.begin(), kRoles.end()};
const std::set<Role> kAdmins = {Role::kAdmin};
const std::set<Role> kOperators = {Role::kOperator, Role::kAdmin};
const std::set<Role> kReleasers = {Role::kReleaser, Role::kAdmin};
const std::set<Role> kAuditors = {Role::kAdmin, Role::kAuditor};

/// Which grants a route asks for.
enum class Reach : std::uint8_t {
  kAny,    ///< on whatever: it is about oneself, or shows what the grants reach
  kGroup,  ///< on the group that it is done to, or all devices
  kFleet,  ///< on all devices
};

/// A route, who may, and what it answers to them.
struct RouteCase {
  const char* method;
  const char* path;
  const std::set<Role>& roles;
  Reach reach;
  unsigned done = 200;
  bool wants_session = false;
};
const RouteCase kRoutes[] = {
    {"POST", "/v1/session/end", kAll, Reach::kAny},
    {"GET", "/v1/tokens", kAll, Reach::kAny},
    {"POST", "/v1/tokens/issue", kAll, Reach::kAny, 200, true},
    {"POST", "/v1/tokens/revoke", kAll, Reach::kAny, 404},
    {"POST", "/v1/totp/begin", kAll, Reach::kAny, 200, true},
    {"POST", "/v1/totp/confirm", kAll, Reach::kAny, 400, true},
    {"GET", "/v1/users", kAdmins, Reach::kFleet},
    {"POST", "/v1/users/add", kAdmins, Reach::kFleet, 400},
    {"POST", "/v1/users/reset", kAdmins, Reach::kFleet, 404},
    {"POST", "/v1/users/disable", kAdmins, Reach::kFleet, 404},
    {"POST", "/v1/users/grant", kAdmins, Reach::kFleet, 404},
    {"POST", "/v1/users/revoke", kAdmins, Reach::kFleet, 404},
    {"GET", "/v1/devices", kAll, Reach::kAny},
    {"GET", "/v1/updates", kAll, Reach::kAny},
    {"POST", "/v1/devices/admission", kOperators, Reach::kGroup},
    {"GET", "/v1/claims", kOperators, Reach::kFleet},
    {"GET", "/v1/groups", kAll, Reach::kAny},
    {"POST", "/v1/groups/create", kAdmins, Reach::kFleet, 400},
    {"POST", "/v1/groups/remove", kAdmins, Reach::kFleet, 404},
    {"POST", "/v1/groups/add", kAdmins, Reach::kFleet, 404},
    {"POST", "/v1/groups/take", kAdmins, Reach::kFleet, 404},
    {"GET", "/v1/deployments", kAll, Reach::kAny},
    {"POST", "/v1/deployments/show", kAll, Reach::kGroup},
    {"POST", "/v1/deployments/cost", kAll, Reach::kGroup},
    {"POST", "/v1/deployments/create", kReleasers, Reach::kGroup},
    {"POST", "/v1/deployments/state", kReleasers, Reach::kGroup},
    {"POST", "/v1/deployments/approve", kReleasers, Reach::kGroup, 400},
    {"GET", "/v1/budgets", kAll, Reach::kAny},
    {"POST", "/v1/budgets/set", kReleasers, Reach::kGroup},
    {"POST", "/v1/budgets/remove", kReleasers, Reach::kGroup, 404},
    {"GET", "/v1/releases", kAll, Reach::kAny},
    {"GET", "/v1/repository", kAll, Reach::kFleet},
    {"POST", "/v1/repository/publish", kReleasers, Reach::kFleet, 400},
    {"GET", "/v1/uploads", kReleasers, Reach::kFleet},
    {"POST", "/v1/uploads/begin", kReleasers, Reach::kFleet},
    {"POST", "/v1/uploads/finish", kReleasers, Reach::kFleet, 409},
    {"GET", "/v1/deltas", kAll, Reach::kFleet},
    {"POST", "/v1/deltas/retry", kReleasers, Reach::kFleet, 404},
    {"POST", "/v1/deltas/cancel", kReleasers, Reach::kFleet, 404},
    {"GET", "/v1/alarms", kAll, Reach::kFleet},
    {"POST", "/v1/alarms/clear", kOperators, Reach::kFleet, 404},
    {"GET", "/v1/ledger", kAll, Reach::kFleet},
    {"GET", "/v1/metrics", kAll, Reach::kFleet},
    {"GET", "/v1/audit", kAuditors, Reach::kFleet},
    {"GET", "/v1/audit/head", kAuditors, Reach::kFleet},
    {"GET", "/v1/webhooks", kAdmins, Reach::kFleet},
    {"POST", "/v1/webhooks/add", kAdmins, Reach::kFleet, 400},
    {"POST", "/v1/webhooks/remove", kAdmins, Reach::kFleet, 404},
    {"POST", "/v1/webhooks/test", kAdmins, Reach::kFleet, 404},
};

const std::string kDigest = sha256({}).hex();

/// A body by which the route does something to the group "labs", if it is done to a group, and to a user or
/// an alarm that is not there.
std::string body_for(const std::string& path, std::int64_t deployment) {
  const std::string id = std::to_string(deployment);
  const std::map<std::string, std::string> bodies = {
      {"/v1/tokens/revoke", R"(,"id":"none")"},
      {"/v1/totp/confirm", R"(,"code":"000000")"},
      {"/v1/users/add", R"(,"user":"no name")"},
      {"/v1/users/reset", R"(,"user":"nobody","password":"correct horse battery")"},
      {"/v1/users/disable", R"(,"user":"nobody")"},
      {"/v1/users/grant", R"(,"user":"nobody","role":"viewer")"},
      {"/v1/users/revoke", R"(,"user":"nobody","role":"viewer")"},
      {"/v1/devices/admission", R"(,"serial":"labs-1","admission":"accepted","group":"labs")"},
      {"/v1/groups/create", R"(,"group":"no name")"},
      {"/v1/groups/remove", R"(,"group":"none")"},
      {"/v1/groups/add", R"(,"group":"none","serials":["labs-1"])"},
      {"/v1/groups/take", R"(,"group":"none","serials":["labs-1"])"},
      {"/v1/deployments/cost", R"(,"release":"releases/two","group":"labs")"},
      {"/v1/deployments/show", R"(,"id":)" + id},
      {"/v1/deployments/create", R"(,"release":"releases/two","group":"labs")"},
      {"/v1/deployments/state", R"(,"state":"paused","id":)" + id},
      {"/v1/deployments/approve", R"(,"group":"labs","id":)" + id},
      {"/v1/budgets/set", R"(,"of":"group","group":"labs","period":"day","bytes":9)"},
      {"/v1/budgets/remove", R"(,"of":"deployment","period":"all","deployment":)" + id},
      {"/v1/repository/publish", R"(,"files":{})"},
      {"/v1/uploads/begin", R"(,"name":"two.img","length":5,"sha256":")" + kDigest + '"'},
      {"/v1/uploads/finish", R"(,"sha256":")" + kDigest + '"'},
      {"/v1/deltas/retry", R"(,"base":")" + kDigest + R"(","result":")" + kDigest + '"'},
      {"/v1/deltas/cancel", R"(,"base":")" + kDigest + R"(","result":")" + kDigest + '"'},
      {"/v1/alarms/clear", R"(,"kind":"none","subject":"none")"},
      {"/v1/webhooks/add", R"(,"url":"https://hooks.example/","events":["pets.*"])"},
      {"/v1/webhooks/remove", R"(,"id":7)"},
      {"/v1/webhooks/test", R"(,"id":7)"},
  };
  const auto found = bodies.find(path);
  return R"({"v":1)" + (found == bodies.end() ? "" : found->second) + "}";
}

TEST_F(OperatorTest, EveryRouteAnswersEveryRoleOnEveryGroupAsTheTableSays) {
  DeploymentOrder order;
  order.group = "labs";
  const std::int64_t deployment = deployments_->create(order, kStart).value();
  std::size_t answers = 0;
  for (const RouteCase& c : kRoutes) {
    const std::string body = body_for(c.path, deployment);
    for (const Role role : kRoles) {
      for (const char* group : {"", "labs", "field"}) {
        const bool reaches = *group == '\0' || c.reach == Reach::kAny ||
                             (c.reach == Reach::kGroup && std::string_view(group) == "labs");
        for (const TokenKind kind : {TokenKind::kToken, TokenKind::kSession}) {
          const bool may =
              c.roles.contains(role) && reaches && (!c.wants_session || kind == TokenKind::kSession);
          const Response answer = ask(c.method, c.path, body, token({{role, group}}, {}, kind));
          EXPECT_EQ(answer.status, may ? c.done : 403U)
              << c.method << ' ' << c.path << " as " << to_string(role) << " of '" << group
              << "': " << answer.text;
          ++answers;
        }
      }
    }
    EXPECT_EQ(ask(c.method, c.path, body, token({})).status, 403U) << c.path;
    EXPECT_EQ(ask(c.method, c.path, body, "").status, 401U) << c.path;
    EXPECT_EQ(ask(c.method, c.path, body, "skiff_00").status, 401U) << c.path;
  }
  EXPECT_EQ(answers, OperatorApi::operations().size() * kRoles.size() * 3 * 2);
}

TEST_F(OperatorTest, WhoHasAGroupSeesItsDevicesAlone) {
  const Response one = ask("GET", "/v1/devices", "", token({{Role::kViewer, "labs"}}));
  EXPECT_NE(one.text.find("labs-1"), std::string::npos);
  EXPECT_EQ(one.text.find("field-1"), std::string::npos);
  const Response all = ask("GET", "/v1/devices", "", token({{Role::kViewer, ""}}));
  EXPECT_NE(all.text.find("field-1"), std::string::npos);
  Report report;
  report.outcome = "committed";
  for (const char* serial : {"labs-1", "field-1"}) {
    ASSERT_TRUE(ReportIntake(*database_).take(serial, report, 0, now_));
  }
  const Response own = ask("GET", "/v1/updates", "", token({{Role::kViewer, "labs"}}));
  EXPECT_NE(own.text.find("labs-1"), std::string::npos);
  EXPECT_EQ(own.text.find("field-1"), std::string::npos);
  EXPECT_EQ(ask("POST", "/v1/devices/admission",
                R"({"v":1,"serial":"field-1","admission":"rejected","group":"labs"})",
                token({{Role::kOperator, "labs"}}))
                .status,
            404U);
  EXPECT_EQ(admissions_->admit({"field-1", "k", ""}, now_).value(), Admission::kAccepted);
}

TEST_F(OperatorTest, ListsComeInPagesThatMissNothingAndRepeatNothing) {
  const std::string viewer = token({{Role::kViewer, ""}});
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(deployments_->create(DeploymentOrder(), now_));
  Release release;
  for (const char* name : {"releases/b c", "releases/a&b", "releases/ä"}) {
    release.target = name;
    view_->releases.push_back(release);
  }
  const std::tuple<const char*, const char*, std::size_t> lists[] = {
      {"devices", "serial", 2}, {"deployments", "id", 12}, {"releases", "release", 4}};
  for (const auto& [name, key, size] : lists) {
    const std::string path = std::string("/v1/") + name;
    const Json whole = parse_json(as_bytes(ask("GET", path, "", viewer).text)).value();
    ASSERT_EQ(whole.find(name)->array()->size(), size);
    EXPECT_EQ(whole.find("next"), nullptr);
    for (std::size_t limit = 1; limit <= size; ++limit) {
      Json::Array gathered;
      std::string after;
      do {
        const std::string query =
            "?limit=" + std::to_string(limit) + (after.empty() ? "" : "&after=" + after);
        const Json page = parse_json(as_bytes(ask("GET", path + query, "", viewer).text)).value();
        const Json::Array& items = *page.find(name)->array();
        EXPECT_LE(items.size(), limit);
        gathered.insert(gathered.end(), items.begin(), items.end());
        after.clear();
        if (page.find("next") == nullptr) break;
        for (const unsigned char c : *page.find("next")->string()) {
          char encoded[4];
          std::snprintf(encoded, sizeof encoded, "%%%02x", c);
          after += encoded;
        }
      } while (gathered.size() <= size);
      EXPECT_EQ(gathered, *whole.find(name)->array()) << name << ' ' << limit;
    }
  }
  for (const char* odd : {"?limit=x", "?limit=-1", "?limit=99999999", "?pets=1", "?limit", "?after=%01"}) {
    EXPECT_EQ(ask("GET", std::string("/v1/devices") + odd, "", viewer).status, 400U) << odd;
  }
}

TEST_F(OperatorTest, DeltasAreShownCancelledAndTriedAgain) {
  const std::string admin = token({{Role::kAdmin, ""}});
  const ImagePair pair = {{3, sha256(as_bytes("one"))}, {3, sha256(as_bytes("two"))}};
  view_->releases.front().image = pair.result;
  ASSERT_TRUE(jobs_->enqueue(pair, kBackgroundPriority, now_, 12));
  const auto post = [&](const char* verb) {
    return ask("POST", std::string("/v1/deltas/") + verb,
               R"({"v":1,"base":")" + pair.base.sha256.hex() + R"(","result":")" + pair.result.sha256.hex() +
                   "\"}",
               admin)
        .status;
  };
  const auto shows = [&](const std::string& part) {
    return ask("GET", "/v1/deltas", "", admin).text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(shows(R"("devices":12)"));
  EXPECT_TRUE(shows(R"("from":"")") && shows(R"("release":"releases/two")"));
  EXPECT_EQ(post("retry"), 409U);
  const DeltaJob running = jobs_->claim("worker", now_).value().value();
  EXPECT_EQ(post("cancel"), 200U);
  EXPECT_FALSE(jobs_->renew(running, now_).value());  // the worker stops
  ASSERT_TRUE(jobs_->give_back(running));
  EXPECT_TRUE(shows(R"("error":"cancelled by user-1")") && shows(R"("state":"abandoned")"));
  EXPECT_EQ(post("cancel"), 409U);
  EXPECT_EQ(post("retry"), 200U);
  EXPECT_EQ(jobs_->claim("worker", now_).value()->attempts, 1);
  EXPECT_EQ(ask("POST", "/v1/deltas/retry", R"({"v":1,"base":"x","result":"y"})", admin).status, 400U);
}

TEST_F(OperatorTest, ADeploymentIsShownWithTheDevicesThatWaitForIt) {
  const std::string admin = token({{Role::kAdmin, ""}});
  const std::string order =
      R"({"v":1,"release":"releases/two","group":"labs","window":"22:00-04:30","begins":7,"allow_full":true)";
  EXPECT_EQ(ask("POST", "/v1/deployments/create", order + "}", admin).status, 200U);
  ASSERT_TRUE(devices_->hold("labs-1", {"releases/two", "not yet"}));
  ASSERT_TRUE(devices_->hold("field-1", {"releases/two", "not yet"}));
  const auto show = [&] { return ask("POST", "/v1/deployments/show", R"({"v":1,"id":1})", admin).text; };
  for (const char* part : {R"("window":"22:00-04:30")", R"("begins":7)", R"("allow_full":true)",
                           R"("held":[{"reason":"not yet","serial":"labs-1"}])"}) {
    EXPECT_NE(show().find(part), std::string::npos) << show();
  }
  EXPECT_NE(ask("GET", "/v1/devices", "", admin).text.find(R"("held":"not yet")"), std::string::npos);
  ASSERT_TRUE(groups_->remove("labs"));
  EXPECT_NE(show().find(R"("held":[])"), std::string::npos) << show();
  EXPECT_EQ(ask("POST", "/v1/deployments/show", R"({"v":1,"id":2})", admin).status, 404U);
}

TEST_F(OperatorTest, GroupsAreMadeAndEndAndAProtectionStays) {
  const std::string admin = token({{Role::kAdmin, ""}});
  const auto post = [&](const char* verb, const std::string& rest) {
    return ask("POST", std::string("/v1/groups/") + verb, R"({"v":1,"group":"vault")" + rest + "}", admin)
        .status;
  };
  const std::string two = R"(,"serials":["labs-1","field-1"])";
  EXPECT_EQ(post("create", R"(,"metered":true)"), 200U);
  EXPECT_EQ(post("add", two), 200U);
  EXPECT_EQ(post("take", R"(,"serials":["labs-1","nobody"])"), 404U);
  EXPECT_EQ(groups_->members("vault").value().size(), 2U);
  EXPECT_EQ(post("take", R"(,"serials":["labs-1"])"), 200U);
  const std::string listed = ask("GET", "/v1/groups", "", admin).text;
  EXPECT_NE(listed.find(R"({"devices":1,"filter":"","metered":true,"name":"vault","protected":false})"),
            std::string::npos)
      << listed;
  EXPECT_EQ(post("create", R"(,"protected":true)"), 200U);
  const std::pair<const char*, std::string> refused[] = {
      {"create", ""},
      {"create", R"(,"protected":true,"filter":"serial=x")"},
      {"take", R"(,"serials":["field-1"])"},
      {"remove", ""}};
  for (const auto& [verb, rest] : refused) EXPECT_EQ(post(verb, rest), 409U) << verb << rest;
  EXPECT_EQ(post("create", R"(,"protected":true,"metered":true)"), 200U);
  EXPECT_EQ(post("add", two), 200U);
  ASSERT_TRUE(groups_->put({"vault", ""}));
  EXPECT_EQ(post("remove", ""), 200U);
  for (const char* odd : {R"(,"protected":1)", R"(,"filter":"x")", R"(,"pets":true)"})
    EXPECT_EQ(post("create", odd), 400U) << odd;
  EXPECT_EQ(post("add", R"(,"serials":["a/b"])"), 400U);
}

TEST_F(OperatorTest, WhatIsTakenAwayHoldsFromTheNextRequestOn) {
  const std::string secret = token({{Role::kViewer, ""}, {Role::kAuditor, ""}});
  EXPECT_EQ(ask("GET", "/v1/audit", "", secret).status, 200U);
  ASSERT_TRUE(users_->revoke("user-1", {Role::kAuditor, ""}));
  EXPECT_EQ(ask("GET", "/v1/audit", "", secret).status, 403U);
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 200U);
  ASSERT_TRUE(users_->disable("user-1"));
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 401U);
  EXPECT_FALSE(credentials_->issue("user-1", {TokenKind::kToken, {}, kLife}, now_));
}

TEST_F(OperatorTest, ATokenHasAScopeAndAnEnd) {
  const std::string secret = token({{Role::kAdmin, ""}, {Role::kViewer, ""}}, {Role::kViewer});
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 200U);
  EXPECT_EQ(ask("GET", "/v1/audit", "", secret).status, 403U);
  now_ += kLife;
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 401U);
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

TEST_F(OperatorTest, EveryPathOfTheDocumentIsARouteAndTheOtherWayRound) {
  std::vector<std::pair<std::string, std::string>> described;
  for (const OperatorApi::LoginOperation& operation : OperatorApi::login_operations()) {
    described.emplace_back(std::string("POST `") + operation.path + "`", "");
  }
  for (const OperatorApi::Operation& operation : OperatorApi::operations()) {
    described.emplace_back(std::string(operation.method) + " `" + operation.path + "`",
                           std::string(to_string(operation.verb)));
    if (std::string_view(operation.path) != "/v1/uploads/finish") continue;
    described.emplace_back("POST `/v1/uploads/<sha256>/<offset>`", "deploy");  // UploadApi has it
  }
  EXPECT_EQ(described, api_document("OPERATORS.md").paths);
}

TEST_F(OperatorTest, TheDescriptionHasEveryRouteWithItsFieldsAndNoOther) {
  const Response answer = ask("GET", "/v1/openapi.json", "", "");
  ASSERT_EQ(answer.status, 200U);
  const Json described = parse_json(as_bytes(answer.text)).value();
  EXPECT_EQ(string_member(described, "openapi").value(), "3.1.0");
  Json::Object paths = *described.find("paths")->object();
  for (const Route& route : api_->routes()) {
    if (route.path == "/readyz" || route.path == "/v1/openapi.json") continue;
    ASSERT_TRUE(paths.contains(route.path)) << route.path;
    const bool is_post = route.methods.front() == "POST";
    const Json* const operation = paths[route.path].find(is_post ? "post" : "get");
    ASSERT_NE(operation, nullptr) << route.path;
    EXPECT_EQ(paths[route.path].object()->size(), route.methods.size());
    EXPECT_EQ(operation->find("requestBody") != nullptr, is_post) << route.path;
    paths.erase(route.path);
  }
  EXPECT_EQ(paths.size(), 1U);
  EXPECT_TRUE(paths.contains("/v1/uploads/{sha256}/{offset}"));  // UploadApi has it
}

TEST_F(OperatorTest, AFieldThatIsDescribedAsRequiredIsMissed) {
  const std::string admin = token({{Role::kAdmin, ""}}, {}, TokenKind::kSession);
  for (const OperatorApi::Operation& operation : OperatorApi::operations()) {
    for (const BodyField& field : operation.fields) {
      if (!field.is_required) continue;
      const Response answer = ask(operation.method, operation.path, R"({"v":1})", admin);
      EXPECT_EQ(answer.status, 400U) << operation.path;
      EXPECT_NE(answer.text.find(operation.fields.front().name), std::string::npos) << answer.text;
      break;
    }
  }
}

TEST_F(OperatorTest, NumbersAreThoseOfTheDatabase) {
  ASSERT_TRUE(devices_->add_contacts({{"labs-1", {0, 0, {7, 30}}}, {"field-1", {0, 0, {1, 2}}}}));
  ASSERT_TRUE(admissions_->decide("field-1", Admission::kRejected));
  ASSERT_TRUE(deployments_->create(DeploymentOrder(), now_));
  const std::string viewer = token({{Role::kViewer, ""}});
  const auto numbers = [&] { return "\n" + ask("GET", "/v1/metrics", "", viewer).text; };
  for (const char* line :
       {"skiff_devices{admission=\"accepted\"} 1", "skiff_devices{admission=\"rejected\"} 1",
        "skiff_deployments{state=\"running\"} 1", "skiff_wire_received_bytes_total 8",
        "skiff_wire_sent_bytes_total 32", "skiff_devices_stale 0", "# TYPE skiff_reports_total counter"}) {
    EXPECT_NE(numbers().find("\n" + std::string(line) + "\n"), std::string::npos) << line << numbers();
  }
  now_ += 86'400;
  const Response later = ask("GET", "/v1/metrics", "", token({{Role::kViewer, ""}}));
  EXPECT_NE(later.text.find("\nskiff_devices_stale 1\n"), std::string::npos) << later.text;
}

TEST_F(OperatorTest, ItIsReadyAsLongAsItsDatabaseIs) {
  EXPECT_EQ(ask("GET", "/readyz", "", "").status, 200U);
  ASSERT_TRUE(database_->transact("break", [](soci::session& sql) { sql << "DROP TABLE fleet_epoch"; }));
  EXPECT_EQ(ask("GET", "/readyz", "", "").status, 503U);
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
      {"/v1/deployments/create", R"({"v":1,"release":"r","retry_after":86401})"},
      {"/v1/deployments/create", R"({"v":1,"release":"r","colour":1})"},
      {"/v1/deployments/state", R"({"v":1,"id":1,"state":"finished"})"},
      {"/v1/budgets/set", R"({"v":1,"of":"pets","period":"day","bytes":9})"},
      {"/v1/budgets/set", R"({"v":1,"of":"group","period":"week","bytes":9})"},
      {"/v1/budgets/set", R"({"v":1,"of":"group","period":"all","bytes":9})"},
      {"/v1/budgets/set", R"({"v":1,"of":"group","deployment":1,"period":"day","bytes":9})"},
      {"/v1/budgets/set", R"({"v":1,"of":"deployment","group":"labs","period":"day","bytes":9})"},
      {"/v1/budgets/set", R"({"v":1,"of":"group","period":"day"})"},
      {"/v1/webhooks/add", R"({"v":1,"url":"http://hooks.example/"})"},
      {"/v1/webhooks/add", R"({"v":1,"url":"https://ann:secret@hooks.example/"})"},
      {"/v1/webhooks/add", R"({"v":1,"url":"file:///etc/passwd"})"},
      {"/v1/webhooks/add", R"({"v":1,"url":"https://hooks.example/","events":[7]})"},
      {"/v1/alarms/clear", "nonsense"},
  };
  for (const auto& c : cases) EXPECT_EQ(ask("POST", c.path, c.body, admin).status, 400U) << c.body;
  EXPECT_EQ(audit_->head().value().number, 0U);
}

}  // namespace
}  // namespace skiff::server::test
