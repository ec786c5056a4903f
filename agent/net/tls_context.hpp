// What the device says in TLS and whom it believes, as a context of OpenSSL; and the sessions it resumes.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "agent/net/client_key.hpp"
#include "skiff/result.hpp"

using SSL_SESSION = struct ssl_session_st;  // as openssl/ssl.h has it, which is long

namespace skiff::agent {

/// Sessions to resume (RFC 8446, 2.2), the latest of each server. Not thread-safe; outlives the connections
/// that use it.
class TlsSessions {
 public:
  TlsSessions();
  ~TlsSessions();
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

  /// Null: none. Stays this object's.
  [[nodiscard]] SSL_SESSION* of(const std::string& server) const;
  /// Takes the session over.
  void keep(const std::string& server, SSL_SESSION* session);

 private:
  struct Release {
    void operator()(SSL_SESSION* session) const;
  };
  std::map<std::string, std::unique_ptr<SSL_SESSION, Release>> sessions_;
};

struct TlsOptions {
  std::filesystem::path ca;           ///< PEM: the only authorities believed
  std::filesystem::path certificate;  ///< PEM: the client's chain; used where there is a key
  ClientKey key;
  std::int64_t now = 0;  ///< certificates are judged by this time, seconds since 1970; 0: the clock
};

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const;
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// TLS 1.2 and 1.3. kNetwork, with the file named, where it cannot be used: it may be put right while the
/// device goes on.
Result<TlsContext> tls_context(const TlsOptions& options);

/// OpenSSL's own words on what went wrong last in this thread, which are forgotten with it; `otherwise` if it
/// has none.
std::string tls_reason(const std::string& otherwise);

}  // namespace skiff::agent
