// TlsClient: a blocking TLS client for tests that sends whatever bytes it is given.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace skiff::server::test {

/// What a client shows and trusts. Empty certificate: none is shown.
struct ClientFiles {
  std::filesystem::path trust;  ///< CA of the server
  std::filesystem::path certificate;
  std::filesystem::path key;
};

struct Answer {
  unsigned status = 0;
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;
};

class TlsClient {
 public:
  /// Connects and shakes hands; connected() tells whether that went well. `resume` may hold a session.
  TlsClient(std::uint16_t port, const ClientFiles& files, SSL_SESSION* resume = nullptr);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  bool send(std::string_view bytes);
  /// Reads one answer; nullopt if the connection ends (or stays silent for 20 s) before it is whole.
  std::optional<Answer> receive(bool is_head = false);
  /// send() and receive().
  std::optional<Answer> ask(std::string_view request);
  /// True once the server has ended the connection; false if it stays silent for 20 s or sends more.
  bool ends();
  /// Whether the connection is torn down within this time while nothing is read from it.
  bool is_cut_within(std::chrono::milliseconds time);
  /// Reads up to `length` bytes of whatever comes; what came before the connection ended.
  std::string read_bytes(std::size_t length);

  /// Reads until the connection ends and keeps nothing; how many bytes there were.
  std::uint64_t count_to_end();

  [[nodiscard]] bool resumed() const { return ::SSL_session_reused(ssl_.get()) == 1; }
  /// A session for another client to resume; owned by the caller.
  [[nodiscard]] SSL_SESSION* session() const { return ::SSL_get1_session(ssl_.get()); }
  /// TCP payload so far, both ways.
  [[nodiscard]] std::uint64_t wire_received() const;
  [[nodiscard]] std::uint64_t wire_sent() const;
  void shut_down();

 private:
  struct Free {
    void operator()(SSL* ssl) const { ::SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  };
  bool fill();

  int socket_ = -1;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool connected_ = false;
  std::string pending_;
};

/// A connected TCP socket with a receive time limit of 20 s, or -1.
int connect_tcp(std::uint16_t port);

/// "GET path HTTP/1.1" with a Host and more fields ("Range: …\r\n").
std::string get(std::string_view path, std::string_view fields = {});
std::string head(std::string_view path);
std::string post(std::string_view path, std::string_view body);

}  // namespace skiff::server::test
