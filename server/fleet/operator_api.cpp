#include "fleet/operator_api.hpp"

#include <algorithm>

#include "access/identity.hpp"
#include "access/password.hpp"
#include "event_log.hpp"
#include "fleet/object_reader.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kMaxBody = 16'384;
constexpr std::size_t kMaxText = 256;
constexpr std::int64_t kSessionLifetime = 12 * 3'600;  // seconds
constexpr std::uint64_t kAuditPage = 1'000;
constexpr std::int64_t kLatestTime = std::int64_t{1} << 40;
constexpr std::int64_t kLongestSpread = 86'400;
constexpr std::string_view kSessionPath = "/v1/session";
constexpr std::string_view kBearer = "Bearer ";

Response answer_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kFormat:
    case ErrorKind::kUsage:
      return error_response(ApiError::kBadRequest, error.text());
    case ErrorKind::kNotFound:
      return error_response(ApiError::kNotFound, error.text());
    default:
      return internal_error(error);
  }
}

Response unauthorised() {
  return error_response(ApiError::kUnauthorised, "no token, or one that is unknown or has expired");
}

/// The request's JSON; of a GET an empty object.
Result<Json> body_of(const Request& request) {
  if (request.head.method == "GET") return Json(Json::Object{{"v", 1}});
  return parse_json(as_bytes(request.body));
}

Result<ObjectReader> open(const Json& body, std::initializer_list<std::string_view> members) {
  SKIFF_ASSIGN(ObjectReader fields, ObjectReader::open(body, "", members));
  SKIFF_TRY(fields.version());
  return fields;
}

Result<std::string> optional_text(const ObjectReader& fields, const Json& body, std::string_view key,
                                  std::string otherwise) {
  if (body.find(key) == nullptr) return otherwise;
  return fields.text(key, kMaxText);
}

Result<std::int64_t> optional_number(const ObjectReader& fields, const Json& body, std::string_view key,
                                     std::int64_t otherwise, std::int64_t most) {
  if (body.find(key) == nullptr) return otherwise;
  SKIFF_ASSIGN(const std::uint64_t number, fields.number(key));
  if (number > static_cast<std::uint64_t>(most)) {
    return fields.reject(key, "a number of at most " + std::to_string(most));
  }
  return static_cast<std::int64_t>(number);
}

Json device_json(const DeviceRecord& record) {
  return Json::Object{{"serial", record.status.serial},
                      {"admission", to_string(record.admission)},
                      {"hardware", record.status.hardware},
                      {"version", record.status.version},
                      {"image", record.status.image.sha256.hex()},
                      {"state", record.status.agent_state},
                      {"last_contact", record.last_contact},
                      {"received", record.wire.received},
                      {"sent", record.wire.sent}};
}

Json deployment_json(const Deployment& deployment) {
  return Json::Object{{"id", deployment.id},
                      {"release", deployment.order.release},
                      {"group", deployment.order.group},
                      {"phases", to_string(deployment.order.phases)},
                      {"phase", deployment.phase + 1},
                      {"state", to_string(deployment.state)},
                      {"reason", deployment.reason},
                      {"started", deployment.started},
                      {"committed", deployment.committed},
                      {"failed", deployment.failed}};
}

Json list_of(std::string_view name, Json::Array items) {
  return Json::Object{{"v", 1}, {std::string(name), std::move(items)}};
}

Json done() { return Json::Object{{"v", 1}}; }

std::optional<DeploymentState> wanted_state(std::string_view text) {
  if (text == "paused") return DeploymentState::kPaused;
  if (text == "running") return DeploymentState::kRunning;
  if (text == "aborted") return DeploymentState::kAborted;
  return std::nullopt;
}

}  // namespace

const std::vector<OperatorApi::Operation>& OperatorApi::operations() {
  static const std::vector<Operation> kOperations = {
      {"GET", "/v1/devices", Verb::kSee, false, &OperatorApi::see_devices},
      {"POST", "/v1/devices/admission", Verb::kAdmit, true, &OperatorApi::decide},
      {"GET", "/v1/claims", Verb::kAdmit, false, &OperatorApi::see_claims},
      {"GET", "/v1/groups", Verb::kSee, false, &OperatorApi::see_groups},
      {"GET", "/v1/deployments", Verb::kSee, false, &OperatorApi::see_deployments},
      {"POST", "/v1/deployments/create", Verb::kDeploy, true, &OperatorApi::deploy},
      {"POST", "/v1/deployments/state", Verb::kDeploy, true, &OperatorApi::change_deployment},
      {"GET", "/v1/alarms", Verb::kSee, false, &OperatorApi::see_alarms},
      {"POST", "/v1/alarms/clear", Verb::kClearAlarms, true, &OperatorApi::clear_alarm},
      {"GET", "/v1/audit", Verb::kReadAudit, true, &OperatorApi::read_audit},
  };
  return kOperations;
}

std::vector<Route> OperatorApi::routes() {
  std::vector<Route> routes = {
      {{"POST"}, std::string(kSessionPath), kMaxBody, false, [this](const Request& r) {
         return begin_session(r);
       }}};
  for (const Operation& operation : operations()) {
    const std::uint64_t body = std::string_view(operation.method) == "GET" ? 0 : kMaxBody;
    routes.push_back({{operation.method}, operation.path, body, false, [this, &operation](const Request& r) {
                        return answer(operation, r);
                      }});
  }
  return routes;
}

Response OperatorApi::begin_session(const Request& request) {
  const auto body = body_of(request);
  if (!body) return answer_error(body.error());
  const auto fields = open(*body, {"v", "user", "password"});
  if (!fields) return answer_error(fields.error());
  const auto user = fields->text("user", kMaxText);
  const auto password = fields->text("password", kMaxText);
  if (!user || !password) return answer_error(user ? password.error() : user.error());
  const std::unique_lock turn(hashing_, std::try_to_lock);
  const auto login = stores_.users.login(*user);
  if (!login) return answer_error(login.error());
  const std::int64_t now = clock_();
  if (!turn || login->wait_until > now) {
    Response later = error_response(ApiError::kSlowDown, "not so many passwords at once");
    later.fields.push_back(
        {"retry-after", std::to_string(std::max<std::int64_t>(1, login->wait_until - now))});
    return later;
  }
  const bool right = is_password(*password, login->hash);
  if (const auto noted = stores_.users.note_login(*user, right, now); !noted)
    return answer_error(noted.error());
  if (!right) {
    log_event(Severity::kWarning, "login-failed", {{"user", *user}, {"address", request.peer.address}});
    return error_response(ApiError::kUnauthorised, "no such user and password");
  }
  const auto token = stores_.users.issue_token(*user, {}, now, kSessionLifetime);
  if (!token) return answer_error(token.error());
  return json_response(
      200, json_text(Json(Json::Object{{"v", 1}, {"token", token->secret}, {"expires", token->expires}})));
}

Response OperatorApi::answer(const Operation& operation, const Request& request) {
  const auto field = find_field(request.head.fields, "authorization");
  if (!field || !field->starts_with(kBearer)) return unauthorised();
  const auto who = stores_.users.find_token(field->substr(kBearer.size()), clock_());
  if (!who) return answer_error(who.error());
  if (!*who) return unauthorised();
  const auto body = body_of(request);
  if (!body) return answer_error(body.error());
  const auto intent = (this->*operation.understand)(*body);
  if (!intent) return answer_error(intent.error());
  const bool allowed = intent->group ? authorise(**who, operation.verb, *intent->group)
                                     : authorise_anywhere(**who, operation.verb);
  if (operation.is_audited) {
    if (const auto written = write_audit(**who, operation, *intent, allowed); !written) {
      return answer_error(written.error());
    }
  }
  if (!allowed) return error_response(ApiError::kForbidden, "no grant of " + (*who)->name + " allows this");
  const auto answered = intent->run(**who);
  return answered ? json_response(200, json_text(*answered)) : answer_error(answered.error());
}

Result<void> OperatorApi::write_audit(const Principal& who, const Operation& operation, const Intent& intent,
                                      bool allowed) {
  return stores_.audit.append(
      {0, clock_(), who.name, operation.path, intent.object,
       (allowed ? "allowed" : "refused") + (intent.detail.empty() ? "" : ": " + intent.detail), ""});
}

Result<OperatorApi::Intent> OperatorApi::see_devices(const Json&) {
  return Intent{std::nullopt, "", "", [this](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<DeviceRecord> records, stores_.devices.list());
                  SKIFF_ASSIGN(const auto is_seen, stores_.groups.reach_of(who, Verb::kSee));
                  Json::Array devices;
                  for (const DeviceRecord& record : records) {
                    const DeviceStatus& status = record.status;
                    if (is_seen({status.serial, status.hardware, status.version, status.agent})) {
                      devices.push_back(device_json(record));
                    }
                  }
                  return list_of("devices", std::move(devices));
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_claims(const Json&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<StoredClaim> stored, stores_.admissions.claims());
                  Json::Array claims;
                  for (const StoredClaim& one : stored) {
                    claims.push_back(Json::Object{{"serial", one.claim.serial},
                                                  {"key", one.claim.key},
                                                  {"address", one.claim.address},
                                                  {"admission", to_string(one.admission)},
                                                  {"first", one.first},
                                                  {"last", one.last}});
                  }
                  return list_of("claims", std::move(claims));
                }};
}

Result<OperatorApi::Intent> OperatorApi::decide(const Json& body) {
  SKIFF_ASSIGN(const ObjectReader fields, open(body, {"v", "serial", "admission", "key", "group"}));
  SKIFF_ASSIGN(const std::string serial, fields.text("serial", kMaxText));
  if (!is_serial(serial)) return fields.reject("serial", "a serial");
  SKIFF_ASSIGN(const std::string text, fields.text("admission", kMaxText));
  if (text != "accepted" && text != "rejected" && text != "decommissioned") {
    return fields.reject("admission", "accepted, rejected or decommissioned");
  }
  const Admission admission = parse_admission(text);
  SKIFF_ASSIGN(const std::string key, optional_text(fields, body, "key", ""));
  if (!key.empty() && admission == Admission::kDecommissioned) {
    return fields.reject("admission", "accepted or rejected, of a key");
  }
  SKIFF_ASSIGN(const std::string group, optional_text(fields, body, "group", ""));
  return Intent{group, serial, text + (key.empty() ? "" : ", key " + key),
                [this, serial, admission, key, group](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const bool inside, stores_.groups.has(group, serial));
                  if (!inside) return fail(ErrorKind::kNotFound, serial + " is not in group " + group);
                  SKIFF_TRY(key.empty() ? stores_.admissions.decide(serial, admission)
                                        : stores_.admissions.decide_claim(serial, key, admission));
                  return done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_groups(const Json&) {
  return Intent{std::nullopt, "", "", [this](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Group> stored, stores_.groups.list());
                  Json::Array groups;
                  for (const Group& group : stored) {
                    if (!authorise(who, Verb::kSee, group.name)) continue;
                    groups.push_back(Json::Object{{"name", group.name}, {"filter", group.filter}});
                  }
                  return list_of("groups", std::move(groups));
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_deployments(const Json&) {
  return Intent{std::nullopt, "", "", [this](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Deployment> stored, stores_.deployments.list());
                  Json::Array deployments;
                  for (const Deployment& deployment : stored) {
                    if (!authorise(who, Verb::kSee, deployment.order.group)) continue;
                    deployments.push_back(deployment_json(deployment));
                  }
                  return list_of("deployments", std::move(deployments));
                }};
}

Result<OperatorApi::Intent> OperatorApi::deploy(const Json& body) {
  SKIFF_ASSIGN(const ObjectReader fields,
               open(body, {"v", "release", "group", "phases", "window", "begins", "spread", "success_percent",
                           "failure_percent", "attempts", "priority"}));
  DeploymentOrder order;
  SKIFF_ASSIGN(order.release, fields.text("release", kMaxText));
  SKIFF_ASSIGN(order.group, optional_text(fields, body, "group", ""));
  SKIFF_ASSIGN(const std::string phases, optional_text(fields, body, "phases", "100%"));
  SKIFF_ASSIGN(order.phases, parse_phases(phases));
  SKIFF_ASSIGN(const std::string window, optional_text(fields, body, "window", ""));
  SKIFF_ASSIGN(order.window, parse_window(window));
  SKIFF_ASSIGN(order.begins, optional_number(fields, body, "begins", 0, kLatestTime));
  SKIFF_ASSIGN(order.spread, optional_number(fields, body, "spread", 0, kLongestSpread));
  SKIFF_ASSIGN(order.success_percent,
               optional_number(fields, body, "success_percent", order.success_percent, 100));
  SKIFF_ASSIGN(order.failure_percent,
               optional_number(fields, body, "failure_percent", order.failure_percent, 100));
  SKIFF_ASSIGN(order.attempts, optional_number(fields, body, "attempts", order.attempts, 100));
  SKIFF_ASSIGN(order.priority, optional_number(fields, body, "priority", 0, 1'000'000));
  return Intent{order.group, order.release, phases, [this, order](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::int64_t id, stores_.deployments.create(order, clock_()));
                  return Json(Json::Object{{"v", 1}, {"id", id}});
                }};
}

Result<OperatorApi::Intent> OperatorApi::change_deployment(const Json& body) {
  SKIFF_ASSIGN(const ObjectReader fields, open(body, {"v", "id", "state", "reason"}));
  SKIFF_ASSIGN(const std::uint64_t id, fields.number("id"));
  SKIFF_ASSIGN(const std::string text, fields.text("state", kMaxText));
  const auto state = wanted_state(text);
  if (!state) return fields.reject("state", "running, paused or aborted");
  SKIFF_ASSIGN(const std::string reason, optional_text(fields, body, "reason", ""));
  SKIFF_ASSIGN(const std::vector<Deployment> deployments, stores_.deployments.list());
  const auto found = std::find_if(deployments.begin(), deployments.end(), [&](const Deployment& deployment) {
    return static_cast<std::uint64_t>(deployment.id) == id;
  });
  // Of what is not there, only who may see all shall learn it.
  const std::string group = found == deployments.end() ? "" : found->order.group;
  return Intent{group, "deployment " + std::to_string(id), text + (reason.empty() ? "" : ": " + reason),
                [this, id, state, reason](const Principal& who) -> Result<Json> {
                  const std::string why = reason.empty() ? "by " + who.name : reason;
                  SKIFF_TRY(stores_.deployments.set_state(static_cast<std::int64_t>(id), *state, why));
                  return done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_alarms(const Json&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Alarm> stored, stores_.alarms.list());
                  Json::Array alarms;
                  for (const Alarm& alarm : stored) {
                    alarms.push_back(Json::Object{{"kind", alarm.kind},
                                                  {"subject", alarm.subject},
                                                  {"detail", alarm.detail},
                                                  {"first", alarm.first},
                                                  {"last", alarm.last},
                                                  {"times", alarm.times}});
                  }
                  return list_of("alarms", std::move(alarms));
                }};
}

Result<OperatorApi::Intent> OperatorApi::clear_alarm(const Json& body) {
  SKIFF_ASSIGN(const ObjectReader fields, open(body, {"v", "kind", "subject"}));
  SKIFF_ASSIGN(const std::string kind, fields.text("kind", kMaxText));
  SKIFF_ASSIGN(const std::string subject, fields.text("subject", kMaxText));
  return Intent{"", kind + " " + subject, "", [this, kind, subject](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const bool cleared, stores_.alarms.clear(kind, subject));
                  if (!cleared) return fail(ErrorKind::kNotFound, "there is no such alarm");
                  return done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::read_audit(const Json&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const AuditHead head, stores_.audit.head());
                  const std::uint64_t after = head.number > kAuditPage ? head.number - kAuditPage : 0;
                  SKIFF_ASSIGN(const std::vector<AuditEntry> stored, stores_.audit.list(after, kAuditPage));
                  Json::Array entries;
                  for (const AuditEntry& entry : stored) {
                    entries.push_back(Json::Object{{"number", entry.number},
                                                   {"time", entry.time},
                                                   {"who", entry.who},
                                                   {"verb", entry.verb},
                                                   {"object", entry.object},
                                                   {"detail", entry.detail},
                                                   {"hash", entry.hash}});
                  }
                  return list_of("entries", std::move(entries));
                }};
}

}  // namespace skiff::server
