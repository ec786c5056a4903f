// HttpClient: one server, spoken to over HTTPS with a client certificate; it counts every byte of its
// sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/net/reply_parser.hpp"
#include "agent/net/tls_context.hpp"
#include "skiff/bytes.hpp"

namespace skiff::agent {

struct HttpOptions {
  std::string base_url;               ///< "https://updates.example:8443", see parse_address()
  std::filesystem::path ca;           ///< PEM: the only authorities believed
  std::filesystem::path certificate;  ///< PEM: the device's chain
  std::string key;                    ///< its private key, see open_client_key()
  std::string proxy;                  ///< URL of an HTTP proxy that is asked for a tunnel; empty: none
  TlsSessions* sessions = nullptr;    ///< resumed and kept here; null: for this client alone
  std::int64_t now = 0;  ///< certificates are judged by this time, seconds since 1970; 0: the clock
  std::chrono::seconds connect_timeout{20};
  std::chrono::seconds stall_timeout{30};  ///< below `slowest` bytes/s for this long: broken off
  std::uint32_t slowest = 32;
  std::uint64_t rate = 0;    ///< bytes/s each way at most; 0: no limit
  bool allow_plain = false;  ///< http:// too: tests on loopback only
};

struct HttpRequest {
  std::string path;
  std::string body;  ///< sent by POST as JSON; empty: GET
  std::vector<std::string> headers;
  std::chrono::seconds deadline{0};  ///< for the whole exchange; 0: only the stall timeout
  bool takes_packed = false;         ///< whether the body may come coded as one Zstandard frame
};

/// Connections are kept and TLS sessions resumed from request to request of one object. Redirects are not
/// followed. Not thread-safe.
class HttpClient {
 public:
  /// kUsage: a URL that is none, or not https://.
  static Result<HttpClient> open(HttpOptions options);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  /// One exchange. Where a kept connection turns out to be closed before an answer has begun, it is had on a
  /// new one. A body goes to `consume` as it comes. kNetwork: no connection, a broken or stalled one, TLS
  /// refused, or an answer that ReplyHead refuses. Errors of `consume` are handed on.
  Result<HttpReply> exchange(const HttpRequest& request, const BodyConsumer& consume);
  /// One exchange with the body in memory; more than `max_length` bytes of it are kLimit.
  Result<std::pair<HttpReply, Bytes>> fetch(const HttpRequest& request, std::uint64_t max_length);

  /// Bytes of all sockets so far, both ways, as TCP carried them (TLS handshakes and records, HTTP headers
  /// and bodies; no IP or TCP headers, no retransmissions): the kernel's own count, TCP_INFO of tcp(7).
  [[nodiscard]] std::uint64_t wire_bytes() const;

 private:
  class Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::agent
