// Connection: bytes to and from one server, over TCP or TLS on it, which never waits for longer than a pace
// allows.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "agent/net/pace.hpp"
#include "agent/net/server_address.hpp"
#include "agent/net/tls_context.hpp"
#include "agent/net/wire_count.hpp"
#include "agent/system/os.hpp"
#include "skiff/bytes.hpp"

namespace skiff::agent {

/// All errors are kNetwork. Not thread-safe.
class Connection {
 public:
  struct Options {
    std::uint64_t rate = 0;  ///< bytes/s at which it is going to be read; 0: as fast as it goes
    WireCount& wire;         ///< counts the socket; outlives the connection
  };

  /// To the first of the host's addresses that answers.
  static Result<std::unique_ptr<Connection>> open(const ServerAddress& to, const Options& options,
                                                  const Pace& pace);
  /// Says farewell, if it speaks TLS, and waits for nothing.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// From here on TLS is spoken, with a server that proves to be `server`. `sessions` outlives the
  /// connection.
  Result<void> start_tls(SSL_CTX& context, const ServerAddress& server, TlsSessions& sessions,
                         const Pace& pace);
  Result<void> write(ByteView bytes, Pace& pace);
  /// What has come, at least one byte and at most the pace's piece and `out`; 0: the other side is done.
  Result<std::size_t> read_some(MutableBytes out, Pace& pace);
  /// Whether another exchange can begin: it is open and nothing came that nobody asked for.
  [[nodiscard]] bool is_idle();

 private:
  struct FreeChain {
    void operator()(BIO* chain) const;
  };

  Connection(Descriptor socket, WireCount& wire);
  static int keep_session(SSL* tls, SSL_SESSION* session);
  /// Calls OpenSSL as often as it asks for it; what it gives back, 0 at the other side's end.
  template <typename Call>
  Result<std::size_t> attempt(const Pace& pace, const Call& call);

  Descriptor socket_;
  WireCount& wire_;
  std::unique_ptr<BIO, FreeChain> chain_;  ///< TLS, if there is any, before the socket
  TlsSessions* sessions_ = nullptr;
  std::string server_;  ///< under which its sessions are kept
};

}  // namespace skiff::agent
