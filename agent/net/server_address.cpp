#include "agent/net/server_address.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/http.h>

#include <algorithm>
#include <memory>

namespace skiff::agent {
namespace {

struct Release {
  void operator()(char* text) const { OPENSSL_free(text); }
};
using Text = std::unique_ptr<char, Release>;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

/// A part of a URL by the given call of OpenSSL.
std::string taken(char* part) {
  const Text owned(part);
  return owned ? std::string(owned.get()) : std::string();
}

std::string without_brackets(std::string host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

Result<ServerAddress> parse_address(std::string_view url) {
  const std::string text(url);
  int tls = 0;
  char *user = nullptr, *host = nullptr, *port = nullptr, *path = nullptr, *query = nullptr,
       *fragment = nullptr;
  const bool read =
      is_printable(url) && url.find("://") != std::string_view::npos &&
      ::OSSL_HTTP_parse_url(text.c_str(), &tls, &user, &host, &port, nullptr, &path, &query, &fragment) == 1;
  ::ERR_clear_error();
  ServerAddress address{tls != 0, taken(host), taken(port), taken(path), taken(user), {}};
  const bool more = !taken(query).empty() || !taken(fragment).empty();
  if (!read || more || address.host.empty()) {
    return fail(ErrorKind::kUsage, text + " is no URL of a server: https://host:port");
  }
  const std::string_view usual = address.tls ? "443" : "80";
  address.as_named = address.host + (address.port == usual ? "" : ":" + address.port);
  address.host = without_brackets(std::move(address.host));
  while (address.path.ends_with('/')) address.path.pop_back();
  return address;
}

}  // namespace skiff::agent
