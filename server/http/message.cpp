#include "http/message.hpp"

#include <algorithm>
#include <ctime>

#include "event_log.hpp"

namespace skiff::server {
namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

/// IMF-fixdate (RFC 9110, 5.6.7).
std::string http_date(std::int64_t now) {
  const std::time_t time = now;
  std::tm parts = {};
  ::gmtime_r(&time, &parts);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

}  // namespace

std::size_t count_fields(const Fields& fields, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [name](const Field& field) { return field.name == name; }));
}

std::optional<std::string_view> find_field(const Fields& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

const std::vector<ApiErrorName>& api_errors() {
  static const std::vector<ApiErrorName> kErrors = {
      {ApiError::kBadRequest, 400, "bad-request"},
      {ApiError::kUnknownDevice, 401, "unknown-device"},
      {ApiError::kUnauthorised, 401, "unauthorised"},
      {ApiError::kRejected, 403, "rejected"},
      {ApiError::kPending, 403, "pending"},
      {ApiError::kWithdrawn, 403, "withdrawn"},
      {ApiError::kForbidden, 403, "forbidden"},
      {ApiError::kNotFound, 404, "not-found"},
      {ApiError::kMethodNotAllowed, 405, "method-not-allowed"},
      {ApiError::kConflict, 409, "conflict"},
      {ApiError::kLengthRequired, 411, "length-required"},
      {ApiError::kTooLarge, 413, "too-large"},
      {ApiError::kRange, 416, "range"},
      {ApiError::kSlowDown, 429, "slow-down"},
      {ApiError::kInternal, 500, "internal"},
      {ApiError::kBusy, 503, "busy"},
      {ApiError::kNoRoom, 507, "no-room"},
  };
  return kErrors;
}

Response json_response(unsigned status, std::string text) {
  Response response;
  response.status = status;
  response.fields.push_back({"content-type", "application/json"});
  response.text = std::move(text);
  return response;
}

Response error_response(ApiError error, std::string_view message, Json::Object more) {
  const ApiErrorName& entry = api_errors()[static_cast<std::size_t>(error)];
  more["error"] = entry.name;
  more["message"] = message;
  return json_response(entry.status, json_text(Json(std::move(more))));
}

Response internal_error(const Error& error) {
  log_event(Severity::kError, "request-failed", {{"error", error.text()}});
  return error_response(ApiError::kInternal, "the server could not answer");
}

std::string format_head(const Response& response, bool keep_alive, std::int64_t now) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += reason_phrase(response.status);
  head += "\r\ndate: " + http_date(now) + "\r\n";
  for (const Field& field : response.fields) head += field.name + ": " + field.value + "\r\n";
  if (response.status != 204 && response.status != 304) {
    head += "content-length: " + std::to_string(response.content_length()) + "\r\n";
  }
  if (!keep_alive) head += "connection: close\r\n";
  return head + "\r\n";
}

}  // namespace skiff::server
