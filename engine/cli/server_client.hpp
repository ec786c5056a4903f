// ServerClient: asks the operators' API of a server (server/OPERATORS.md), by libcurl.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/server_access.hpp"
#include "skiff/json.hpp"

namespace skiff::cli {

/// One connection, kept from request to request. Proxies are those of the environment. Not thread-safe.
/// Errors: kNetwork, nobody answered, or not a server of Skiff; kMismatch, kNotFound or, where the token does
/// not hold, kSignature, with the message that the server answered.
class ServerClient {
 public:
  /// kUsage unless the URL begins with https://.
  static Result<ServerClient> open(const ServerAccess& access);
  ~ServerClient();
  ServerClient(ServerClient&&) noexcept;
  ServerClient& operator=(ServerClient&&) noexcept;

  Result<Json> get(const std::string& path);
  /// `body` gets its version.
  Result<Json> post(const std::string& path, Json::Object body);
  /// As post(), of what the server may think about for minutes.
  Result<Json> post_patiently(const std::string& path, Json::Object body);
  /// Sends a piece of an upload; the byte at which the upload goes on, whether or not that is after it.
  Result<std::uint64_t> post_piece(const std::string& path, ByteView piece);

 private:
  class Impl;
  explicit ServerClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::cli
