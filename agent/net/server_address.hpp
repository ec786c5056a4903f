// ServerAddress: where a server or proxy listens, out of its URL.
#pragma once

#include <string>
#include <string_view>

#include "skiff/result.hpp"

namespace skiff::agent {

struct ServerAddress {
  bool tls = false;
  std::string host;      ///< a name or an address; of IPv6 without brackets
  std::string port;      ///< decimal
  std::string path;      ///< put before every path that is asked for; empty or "/updates"
  std::string user;      ///< "name:password"; only of a proxy, see RFC 9110, 11.7
  std::string as_named;  ///< "host:port" with brackets, as Host and CONNECT name it (RFC 9110, 7.2 and 9.3.6)
};

/// Reads "https://host", "http://[::1]:8080/path" and the like. kUsage, with the URL: another scheme, a
/// query, a fragment, no host, or characters that no URL has.
Result<ServerAddress> parse_address(std::string_view url);

}  // namespace skiff::agent
