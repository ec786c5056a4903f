// HttpServer: a listener on one address that answers requests by a Router, over mutual TLS, under limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/router.hpp"

namespace skiff::server {

/// PEM files of the server's side of TLS.
struct TlsFiles {
  std::filesystem::path certificate;  ///< the server's own, then any intermediates
  std::filesystem::path key;
  std::filesystem::path device_ca;  ///< who vouches for devices; empty: nobody is asked for a certificate
};

struct HttpLimits {
  std::chrono::milliseconds handshake{5'000};
  std::chrono::milliseconds header{10'000};  ///< from the first byte of a request to the end of its head
  std::chrono::milliseconds body{30'000};    ///< for a request's body as a whole, and
  std::uint64_t min_receive_rate = 16'384;   ///< bytes a second, by which a long one may take longer
  std::chrono::milliseconds idle{30'000};    ///< between requests
  std::chrono::milliseconds goodbye{2'000};  ///< for the other side's end of TLS
  std::uint64_t min_send_rate = 1'024;       ///< bytes a second below which an answer is given up
  std::size_t connections = 4'096;           ///< in all
  std::size_t connections_per_address = 64;
  /// Of TLS, kept to be resumed: about 6 KiB each where a device showed itself.
  std::size_t sessions = 65'536;
  std::size_t polls = 256;  ///< requests under way that may be put off: what is beyond is
};

/// Bytes of TCP payload of one connection, TLS and all, as this side saw them.
struct WireBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

/// What the server asks of whoever it serves for. All are called from several threads at once.
struct HttpService {
  Router router;
  /// Called before each handler of a route that needs a device, and again during long answers: an answer here
  /// refuses the request or cuts the download. Runs on the blocking pool; may be empty.
  std::function<std::optional<Response>(const Peer&)> admit;
  /// Called once when a connection that named a device has ended. Must not block or throw; may be empty.
  std::function<void(const Peer&, WireBytes)> account;
  /// Whether a request may be put off (503) while HttpLimits::polls such are under way. Must not block or
  /// throw; may be empty: none may.
  std::function<bool(const RequestHead&)> may_be_put_off{};
  /// A number that is another one after all that may change what admit() or StreamedBody::still_wanted say;
  /// as long as it is the same they are not asked again during an answer. Nothing: it is not known. Runs on
  /// the blocking pool; may be empty.
  std::function<std::optional<std::uint64_t>()> changes{};
};

struct HttpOptions {
  std::string address = "127.0.0.1";  ///< numeric
  std::uint16_t port = 0;             ///< 0: any free one
  unsigned io_threads = 1;            ///< threads for the network
  unsigned blocking_threads = 4;      ///< threads for handlers and files
  HttpLimits limits;
  TlsFiles tls;
};

/// One session is one coroutine on one strand. Handlers and file reads run on a pool beside it. No exception
/// leaves a session; a handler that throws is answered with 500.
class HttpServer {
 public:
  /// Binds and listens, so that port() is known; accepts nothing before start(). Errors: kIo, kUsage,
  /// kFormat.
  static Result<std::unique_ptr<HttpServer>> create(HttpOptions options, HttpService service);
  /// As stop().
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  /// Ends the threads and waits for handlers under way: no request is answered any more. Connections are
  /// closed, and accounted, when the server is destroyed. May be called twice.
  void stop();
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::server
