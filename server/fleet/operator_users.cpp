// What OperatorApi does about users: how they log in, their own tokens and second factor, and the rights of
// all.
#include <algorithm>

#include "access/password.hpp"
#include "access/totp.hpp"
#include "event_log.hpp"
#include "fleet/listings.hpp"
#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

constexpr std::int64_t kSessionLifetime = 12 * 3'600;  // seconds
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kUsualDays = 90;
constexpr std::int64_t kMostDays = 3'650;

Response slow_down(std::int64_t seconds) {
  Response later = error_response(ApiError::kSlowDown, "not so many passwords at once");
  later.fields.push_back({"retry-after", std::to_string(std::max<std::int64_t>(1, seconds))});
  return later;
}

Response refuse(const Error& error) {
  const bool is_theirs = error.kind == ErrorKind::kUsage || error.kind == ErrorKind::kFormat;
  return is_theirs ? error_response(ApiError::kBadRequest, error.text()) : internal_error(error);
}

Result<Grant> grant_of(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string text, body.text("role"));
  const auto role = parse_role(text);
  if (!role) return body.reject("role", "viewer, operator, releaser, admin or auditor");
  SKIFF_ASSIGN(const std::string group, body.text_or("group", ""));
  return Grant{*role, group};
}

std::string grant_text(const Grant& grant) {
  return std::string(to_string(grant.role)) + (grant.group.empty() ? "" : " of " + grant.group);
}

}  // namespace

Result<bool> OperatorApi::is_right(const std::string& user, const Login& login, const std::string& password,
                                   const std::string& code) {
  if (!is_password(password, login.hash)) return false;
  if (login.totp.empty()) return true;
  const auto step = totp_step(login.totp, code, clock_(), login.last_step);
  if (!step) return false;
  return stores_.credentials.take_step(user, *step);
}

tl::expected<std::string, Response> OperatorApi::prove(const Request& request, const OperatorBody& body) {
  const auto no = [](Response response) { return tl::unexpected<Response>(std::move(response)); };
  const auto user = body.text("user");
  const auto password = body.text("password");
  const auto code = body.text_or("code", "");
  for (const auto* field : {&user, &password, &code}) {
    if (!*field) return no(refuse(field->error()));
  }
  const std::unique_lock turn(hashing_, std::try_to_lock);
  if (!turn) return no(slow_down(1));
  const auto login = stores_.credentials.login(*user);
  if (!login) return no(refuse(login.error()));
  const std::int64_t now = clock_();
  if (login->wait_until > now) return no(slow_down(login->wait_until - now));
  const auto right = is_right(*user, *login, *password, *code);
  if (!right) return no(refuse(right.error()));
  if (const auto noted = stores_.credentials.note_login(*user, *right, now); !noted) {
    return no(refuse(noted.error()));
  }
  if (*right) return *user;
  log_event(Severity::kWarning, "login-failed", {{"user", *user}, {"address", request.peer.address}});
  return no(error_response(ApiError::kUnauthorised, "no such user, password and code"));
}

Response OperatorApi::begin_session(const Request& request, const OperatorBody& body) {
  const auto user = prove(request, body);
  if (!user) return user.error();
  const auto token = stores_.credentials.issue(*user, {TokenKind::kSession, {}, kSessionLifetime}, clock_());
  if (!token) return refuse(token.error());
  return json_response(
      200, json_text(Json(Json::Object{{"v", 1}, {"token", token->secret}, {"expires", token->expires}})));
}

Response OperatorApi::change_password(const Request& request, const OperatorBody& body) {
  const auto wanted = body.text("new_password");
  if (!wanted) return refuse(wanted.error());
  const auto user = prove(request, body);
  if (!user) return user.error();
  const std::unique_lock turn(hashing_, std::try_to_lock);
  if (!turn) return slow_down(1);
  const auto hash = hash_password(*wanted);
  if (!hash) return refuse(hash.error());
  const auto written = stores_.audit.append({0, clock_(), *user, "/v1/password", *user, "allowed"});
  if (!written) return refuse(written.error());
  const auto set = stores_.credentials.set_password(*user, *hash);
  return set ? json_response(200, json_text(answer_done())) : refuse(set.error());
}

Response OperatorApi::make_first_admin(const Request& request, const OperatorBody& body) {
  const auto secret = body.text("secret");
  const auto user = body.text("user");
  const auto password = body.text("password");
  for (const auto* field : {&secret, &user, &password}) {
    if (!*field) return refuse(field->error());
  }
  const std::unique_lock turn(hashing_, std::try_to_lock);
  if (!turn) return slow_down(1);
  const auto is_secret = stores_.credentials.is_first_admin_secret(*secret, clock_());
  if (!is_secret) return refuse(is_secret.error());
  if (!*is_secret) {
    log_event(Severity::kWarning, "first-admin-refused", {{"address", request.peer.address}});
    return error_response(ApiError::kUnauthorised, "it is not the secret of a first admin, or was used");
  }
  const auto hash = hash_password(*password);
  if (!hash) return refuse(hash.error());
  const auto written =
      stores_.audit.append({0, clock_(), "first-admin", "/v1/first-admin", *user, "allowed"});
  if (!written) return refuse(written.error());
  const auto made = stores_.credentials.make_first_admin(*secret, *user, *hash, clock_());
  return made ? json_response(200, json_text(answer_done())) : refuse(made.error());
}

Result<OperatorApi::Intent> OperatorApi::end_session(const OperatorBody&) {
  return Intent{std::nullopt, "", "", [this](const Principal& who) -> Result<Json> {
                  SKIFF_TRY(stores_.credentials.revoke(who.name, who.token));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_tokens(const OperatorBody&) {
  return Intent{std::nullopt, "", "", [this](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<TokenRecord> stored,
                               stores_.credentials.tokens(who.name, clock_()));
                  Json::Array tokens;
                  for (const TokenRecord& token : stored) {
                    tokens.push_back(Json::Object{{"id", token.id},
                                                  {"kind", to_string(token.kind)},
                                                  {"roles", token.scope},
                                                  {"issued", token.issued},
                                                  {"expires", token.expires},
                                                  {"asks", token.id == who.token}});
                  }
                  return answer_list("tokens", std::move(tokens));
                }};
}

Result<OperatorApi::Intent> OperatorApi::issue_token(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::int64_t days, body.number_or("days", kUsualDays, kMostDays));
  if (days == 0) return body.reject("days", "at least 1");
  SKIFF_ASSIGN(const std::vector<std::string> names, body.texts("roles"));
  TokenOrder order{TokenKind::kToken, {}, days * kDay};
  for (const std::string& name : names) {
    const auto role = parse_role(name);
    if (!role) return body.reject("roles", "names of roles");
    order.scope.push_back(*role);
  }
  return Intent{std::nullopt, "", std::to_string(days) + " days",
                [this, order](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const IssuedToken token, stores_.credentials.issue(who.name, order, clock_()));
                  return Json(Json::Object{{"v", 1}, {"token", token.secret}, {"expires", token.expires}});
                }};
}

Result<OperatorApi::Intent> OperatorApi::revoke_token(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string id, body.text("id"));
  return Intent{std::nullopt, id, "", [this, id](const Principal& who) -> Result<Json> {
                  SKIFF_TRY(stores_.credentials.revoke(who.name, id));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::begin_totp(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string code, body.text_or("code", ""));
  return Intent{
      std::nullopt, "", "", [this, code](const Principal& who) -> Result<Json> {
        SKIFF_ASSIGN(const Login login, stores_.credentials.login(who.name));
        if (!login.totp.empty()) {
          const auto step = totp_step(login.totp, code, clock_(), login.last_step);
          SKIFF_ASSIGN(const bool taken, step ? stores_.credentials.take_step(who.name, *step) : false);
          if (!taken) return fail(ErrorKind::kUsage, "code: it has to be one of the present second factor");
        }
        const std::string secret = new_totp_secret();
        SKIFF_TRY(stores_.credentials.begin_totp(who.name, secret));
        return Json(Json::Object{{"v", 1}, {"secret", secret}, {"uri", totp_uri(who.name, secret)}});
      }};
}

Result<OperatorApi::Intent> OperatorApi::confirm_totp(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string code, body.text("code"));
  return Intent{std::nullopt, "", "", [this, code](const Principal& who) -> Result<Json> {
                  SKIFF_TRY(stores_.credentials.confirm_totp(who.name, code, clock_()));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_users(const OperatorBody&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<UserRecord> stored, stores_.users.list());
                  return answer_list("users", listed(stored));
                }};
}

Result<OperatorApi::Intent> OperatorApi::add_user(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string user, body.text("user"));
  return Intent{"", user, "", [this, user](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.users.add(user));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::reset_user(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string user, body.text("user"));
  SKIFF_ASSIGN(const std::string password, body.text("password"));
  return Intent{"", user, "", [this, user, password](const Principal&) -> Result<Json> {
                  const std::unique_lock turn(hashing_);
                  SKIFF_ASSIGN(const std::string hash, hash_password(password));
                  SKIFF_TRY(stores_.credentials.set_password(user, hash));
                  SKIFF_TRY(stores_.credentials.remove_totp(user));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::disable_user(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string user, body.text("user"));
  return Intent{"", user, "", [this, user](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.users.disable(user));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::grant(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string user, body.text("user"));
  SKIFF_ASSIGN(const Grant given, grant_of(body));
  return Intent{"", user, grant_text(given), [this, user, given](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.users.grant(user, given));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::revoke(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string user, body.text("user"));
  SKIFF_ASSIGN(const Grant taken, grant_of(body));
  return Intent{"", user, grant_text(taken), [this, user, taken](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.users.revoke(user, taken));
                  return answer_done();
                }};
}

}  // namespace skiff::server
