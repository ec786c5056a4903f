#include "http/router.hpp"

#include <algorithm>

namespace skiff::server {
namespace {

bool matches(const Route& route, std::string_view target) {
  const std::string_view path = route.takes_query ? target.substr(0, target.find('?')) : target;
  if (!route.path.ends_with('/')) return path == route.path;
  return path.size() > route.path.size() && path.starts_with(route.path);
}

Response not_allowed(const Route& route) {
  Response response = error_response(ApiError::kMethodNotAllowed, "this path has other methods");
  std::string allowed;
  for (const std::string& method : route.methods) allowed += (allowed.empty() ? "" : ", ") + method;
  response.fields.push_back({"allow", std::move(allowed)});
  return response;
}

/// A refusal while a body is under way: the connection cannot be used again.
tl::unexpected<Response> refuse(Response response, std::uint64_t body_length) {
  response.close = response.close || body_length != 0;
  return tl::unexpected<Response>(std::move(response));
}

}  // namespace

const Route* Router::find(std::string_view target) const {
  const auto found = std::find_if(routes_.begin(), routes_.end(),
                                  [target](const Route& route) { return matches(route, target); });
  return found == routes_.end() ? nullptr : &*found;
}

tl::expected<Match, Response> Router::match(const RequestHead& head, const Peer& peer) const {
  const auto length = check_head(head);
  if (!length) return tl::unexpected<Response>(length.error());
  const Route* route = find(head.target);
  if (!peer.serial && (route == nullptr || route->needs_device)) {
    return refuse(error_response(ApiError::kUnknownDevice, "no client certificate names a device"), *length);
  }
  if (route == nullptr) return refuse(error_response(ApiError::kNotFound, "no such path"), *length);
  if (std::find(route->methods.begin(), route->methods.end(), head.method) == route->methods.end()) {
    return refuse(not_allowed(*route), *length);
  }
  if (*length > route->max_body) {
    return refuse(error_response(ApiError::kTooLarge,
                                 "the body is longer than " + std::to_string(route->max_body) + " bytes"),
                  *length);
  }
  return Match{route, *length};
}

}  // namespace skiff::server
