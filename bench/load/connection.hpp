// Connection: one blocking TLS connection of a device under load, as cheap for its side as it can be.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace skiff::bench {

struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)>;

/// A device's side of TLS: who vouches for the server, and the device's certificate and key (PEM files;
/// empty: none). Throws std::runtime_error where a file cannot be used, as all here does.
TlsContext make_context(const std::string& ca, const std::string& certificate, const std::string& key);

/// A TCP connection from `from` (empty: whatever address the kernel takes). Returns the socket; the caller
/// closes it.
int connect_tcp(const Address& to, const std::string& from);

struct Answer {
  unsigned status = 0;
  std::uint64_t body = 0;  ///< bytes that came
  bool is_whole = true;    ///< false: time was over
};

class Connection {
 public:
  /// Connects and shakes hands in full: sessions are never resumed.
  Connection(const Address& to, SSL_CTX* context);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends a whole request and reads the answer, whose body is thrown away. After an answer that was not
  /// whole the connection is of no more use.
  Answer ask(const std::string& request, std::chrono::steady_clock::time_point end);

 private:
  std::size_t read_some();

  int socket_ = -1;
  std::unique_ptr<SSL, decltype(&::SSL_free)> ssl_{nullptr, ::SSL_free};
  std::string buffer_ = std::string(std::size_t{64} << 10, '\0');
};

}  // namespace skiff::bench
