#include "fleet/openapi.hpp"

#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

Json schema_of(const BodyField& field) {
  Json::Object schema = {{"description", field.meaning}};
  switch (field.type) {
    case FieldType::kText:
      schema["type"] = "string";
      schema["maxLength"] = std::uint64_t{kMaxOperatorText};
      break;
    case FieldType::kNumber:
      schema["type"] = "integer";
      schema["minimum"] = 0;
      break;
    case FieldType::kFlag:
      schema["type"] = "boolean";
      break;
    case FieldType::kTexts:
      schema["type"] = "array";
      schema["items"] = Json::Object{{"type", "string"}};
      schema["maxItems"] = std::uint64_t{kMaxOperatorTexts};
      break;
    case FieldType::kObject:
      schema["type"] = "object";
      break;
  }
  return schema;
}

Json request_body(const std::vector<BodyField>& fields) {
  Json::Object properties = {{"v", Json::Object{{"const", 1}}}};
  Json::Array required = {"v"};
  for (const BodyField& field : fields) {
    properties[field.name] = schema_of(field);
    if (field.is_required) required.emplace_back(field.name);
  }
  const Json schema = Json::Object{{"type", "object"},
                                   {"properties", std::move(properties)},
                                   {"required", std::move(required)},
                                   {"additionalProperties", false}};
  return Json::Object{{"required", true},
                      {"content", Json::Object{{"application/json", Json::Object{{"schema", schema}}}}}};
}

Json query_parameters(const std::vector<BodyField>& fields) {
  Json::Array parameters;
  for (const BodyField& field : fields) {
    parameters.push_back(Json::Object{{"name", field.name},
                                      {"in", "query"},
                                      {"required", field.is_required},
                                      {"schema", schema_of(field)}});
  }
  return parameters;
}

Json answers(std::initializer_list<std::pair<const char*, const char*>> descriptions) {
  Json::Object answers;
  for (const auto& [status, description] : descriptions) {
    answers[status] = Json::Object{{"description", description}};
  }
  return answers;
}

Json describe(const OperatorApi::LoginOperation& operation) {
  return Json::Object{{"summary", operation.summary},
                      {"security", Json::Array{}},
                      {"requestBody", request_body(operation.fields)},
                      {"responses", answers({{"200", "Done"},
                                             {"400", "A field is odd; the message names it"},
                                             {"401", "It is not proved who asks"},
                                             {"429", "Later, see Retry-After"}})}};
}

Json describe(const OperatorApi::Operation& operation) {
  Json::Object described = {{"summary", operation.summary},
                            {"x-verb", to_string(operation.verb)},
                            {"x-session-only", operation.wants_session},
                            {"responses", answers({{"200", "Done"},
                                                   {"400", "A field is odd; the message names it"},
                                                   {"401", "No token, or one that is unknown or has expired"},
                                                   {"403", "No grant allows it"},
                                                   {"404", "There is no such thing"},
                                                   {"409", "It does not follow what the server has"},
                                                   {"507", "There is no room for it"}})}};
  const bool is_post = std::string_view(operation.method) == "POST";
  if (is_post) described["requestBody"] = request_body(operation.fields);
  if (!is_post && !operation.fields.empty()) described["parameters"] = query_parameters(operation.fields);
  return described;
}

/// The one body that is not JSON.
Json describe_piece() {
  const Json bytes = Json::Object{{"application/octet-stream", Json::Object{}}};
  return Json::Object{{"summary", "Append a piece to an upload"},
                      {"x-verb", to_string(Verb::kDeploy)},
                      {"requestBody", Json::Object{{"required", true}, {"content", bytes}}},
                      {"responses", answers({{"200", "Taken; the upload goes on at offset"},
                                             {"401", "No token, or one that is unknown or has expired"},
                                             {"403", "No grant allows it"},
                                             {"404", "It was not begun"},
                                             {"409", "It goes on at another offset, which is told"},
                                             {"507", "The disk is full"}})}};
}

}  // namespace

std::string openapi_text() {
  Json::Object paths;
  for (const OperatorApi::LoginOperation& operation : OperatorApi::login_operations()) {
    paths[operation.path] = Json::Object{{"post", describe(operation)}};
  }
  for (const OperatorApi::Operation& operation : OperatorApi::operations()) {
    const bool is_get = std::string_view(operation.method) == "GET";
    paths[operation.path] = Json::Object{{is_get ? "get" : "post", describe(operation)}};
  }
  paths["/v1/uploads/{sha256}/{offset}"] = Json::Object{{"post", describe_piece()}};
  const Json bearer = Json::Object{{"type", "http"}, {"scheme", "bearer"}};
  return json_text(Json::Object{
      {"openapi", "3.1.0"},
      {"info", Json::Object{{"title", "skiff-server, for those who run a fleet"}, {"version", "1"}}},
      {"paths", std::move(paths)},
      {"components", Json::Object{{"securitySchemes", Json::Object{{"token", bearer}}}}},
      {"security", Json::Array{Json::Object{{"token", Json::Array{}}}}}});
}

}  // namespace skiff::server
