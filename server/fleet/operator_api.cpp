#include "fleet/operator_api.hpp"

#include "event_log.hpp"
#include "fleet/openapi.hpp"
#include "fleet/operator_access.hpp"

namespace skiff::server {
namespace {

Response plain_text(unsigned status, std::string text) {
  Response response;
  response.status = status;
  response.fields.push_back({"content-type", "text/plain; version=0.0.4"});
  response.text = std::move(text);
  return response;
}

/// The request's JSON; of a GET its query.
Result<Json> body_of(const Request& request, std::span<const BodyField> fields) {
  if (request.head.method == "GET") return query_object(request.head.target, fields);
  return parse_json(as_bytes(request.body));
}

}  // namespace

std::vector<Route> OperatorApi::routes() {
  std::vector<Route> routes;
  for (const LoginOperation& operation : login_operations()) {
    routes.push_back(
        {{"POST"}, operation.path, kMaxOperatorBody, false, [this, &operation](const Request& r) {
           return answer_login(operation, r);
         }});
  }
  for (const Operation& operation : operations()) {
    const std::uint64_t body = std::string_view(operation.method) == "GET" ? 0 : operation.max_body;
    routes.push_back({{operation.method}, operation.path, body, false, [this, &operation](const Request& r) {
                        return answer(operation, r);
                      }});
    routes.back().takes_query = body == 0 && !operation.fields.empty();
    if (body > kMaxOperatorBody)
      routes.back().before_body = [this](const RequestHead& head) { return refusal(head); };
  }
  routes.push_back({{"GET"}, "/v1/openapi.json", 0, false, [](const Request&) {
                      return json_response(200, openapi_text());
                    }});
  routes.push_back({{"GET"}, "/readyz", 0, false, [this](const Request&) { return answer_ready(); }});
  return routes;
}

Response OperatorApi::answer_ready() {
  const auto epoch = stores_.groups.epoch();  // what every answer to a device needs
  if (epoch) return plain_text(200, "ready\n");
  log_event(Severity::kError, "not-ready", {{"error", epoch.error().text()}});
  return plain_text(503, "not ready\n");
}

Response OperatorApi::answer_login(const LoginOperation& operation, const Request& request) {
  const auto document = body_of(request, operation.fields);
  if (!document) return answer_error(document.error());
  const auto body = OperatorBody::open(*document, operation.fields);
  if (!body) return answer_error(body.error());
  return (this->*operation.respond)(request, *body);
}

std::optional<Response> OperatorApi::refusal(const RequestHead& head) {
  const auto who = authenticate(head, stores_.credentials, clock_());
  return who ? std::nullopt : std::optional(who.error());
}

Response OperatorApi::answer(const Operation& operation, const Request& request) {
  const auto who = authenticate(request.head, stores_.credentials, clock_());
  if (!who) return who.error();
  const auto document = body_of(request, operation.fields);
  if (!document) return answer_error(document.error());
  const auto body = OperatorBody::open(*document, operation.fields);
  if (!body) return answer_error(body.error());
  const auto intent = (this->*operation.understand)(*body);
  if (!intent) return answer_error(intent.error());
  const bool has_grant = intent->group ? authorise(*who, operation.verb, *intent->group)
                                       : authorise_anywhere(*who, operation.verb);
  const bool allowed = has_grant && (!operation.wants_session || who->is_session);
  if (operation.is_audited) {
    if (const auto written = write_audit(*who, operation, *intent, allowed); !written) {
      return answer_error(written.error());
    }
  }
  if (!has_grant) return error_response(ApiError::kForbidden, "no grant of " + who->name + " allows this");
  if (!allowed) return error_response(ApiError::kForbidden, "only a session may do this, not a token");
  const auto answered = intent->run(*who);
  if (!answered) return answer_error(answered.error());
  const std::string* const text = answered->string();
  return text == nullptr ? json_response(200, json_text(*answered)) : plain_text(200, *text);
}

Result<void> OperatorApi::write_audit(const Principal& who, const Operation& operation, const Intent& intent,
                                      bool allowed) {
  return stores_.audit.append(
      {0, clock_(), who.name, operation.path, intent.object,
       (allowed ? "allowed" : "refused") + (intent.detail.empty() ? "" : ": " + intent.detail)});
}

}  // namespace skiff::server
