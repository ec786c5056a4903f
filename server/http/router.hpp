// Router: from a request's head to the route that answers it, or to the answer that refuses it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/policy.hpp"

namespace skiff::server {

/// One row of the table of paths in API.md. Handlers run on the blocking pool, several at once.
struct Route {
  std::vector<std::string> methods;
  std::string path;          ///< exact, or, if it ends in '/', a prefix with something after it
  std::uint64_t max_body;    ///< bytes; a longer Content-Length is refused before the body is read
  bool needs_device = true;  ///< refused without a certificate that names a device
  std::function<Response(const Request&)> handler;
  /// Asked before a body is read, on the blocking pool: an answer refuses the request. May be empty.
  std::function<std::optional<Response>(const RequestHead&)> before_body{};
  bool takes_query = false;  ///< what follows a '?' in the target is the handler's, not part of the path
};

/// A route that will answer, and the length of the body to read first.
struct Match {
  const Route* route = nullptr;
  std::uint64_t body_length = 0;
};

class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  /// Policy, then identity, then path, method and length, in this order: a stranger learns nothing about
  /// paths. The match points into the router.
  [[nodiscard]] tl::expected<Match, Response> match(const RequestHead& head, const Peer& peer) const;
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  [[nodiscard]] const Route* find(std::string_view target) const;

  std::vector<Route> routes_;
};

}  // namespace skiff::server
