#include "fleet/operator_access.hpp"

namespace skiff::server {
namespace {

constexpr std::string_view kBearer = "Bearer ";

}  // namespace

tl::expected<Principal, Response> authenticate(const RequestHead& head, CredentialStore& credentials,
                                               std::int64_t now) {
  const auto no = [](Response response) { return tl::unexpected<Response>(std::move(response)); };
  const Response unauthorised =
      error_response(ApiError::kUnauthorised, "no token, or one that is unknown or has expired");
  const auto field = find_field(head.fields, "authorization");
  if (!field || !field->starts_with(kBearer)) return no(unauthorised);
  const auto who = credentials.find(field->substr(kBearer.size()), now);
  if (!who) return no(answer_error(who.error()));
  if (!*who) return no(unauthorised);
  return **who;
}

Response answer_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kFormat:
    case ErrorKind::kUsage:
    case ErrorKind::kSignature:
      return error_response(ApiError::kBadRequest, error.text());
    case ErrorKind::kNotFound:
      return error_response(ApiError::kNotFound, error.text());
    case ErrorKind::kMismatch:
    case ErrorKind::kRollback:
      return error_response(ApiError::kConflict, error.text());
    case ErrorKind::kLimit:
      return error_response(ApiError::kNoRoom, error.text());
    default:
      return internal_error(error);
  }
}

}  // namespace skiff::server
