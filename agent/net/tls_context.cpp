#include "agent/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <ctime>

#include "agent/net/certificate.hpp"

namespace skiff::agent {
namespace {

// What the client offers: what the server takes, and little else, because every poll of every device says it.
// Suites with SHA-256 have the shorter handshake.
constexpr const char* kTls13Suites =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
constexpr const char* kTls12Suites = "ECDHE+AESGCM";
constexpr const char* kGroups = "X25519:P-256";
constexpr const char* kSignatures = "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA+SHA256";

bool offer(SSL_CTX* context) {
  // The padding is for servers of 2013, and makes the hello twice as long.
  ::SSL_CTX_clear_options(context, SSL_OP_TLSEXT_PADDING);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         ::SSL_CTX_set_ciphersuites(context, kTls13Suites) == 1 &&
         ::SSL_CTX_set_cipher_list(context, kTls12Suites) == 1 &&
         ::SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         ::SSL_CTX_set1_sigalgs_list(context, kSignatures) == 1;
}

/// The time by which a context judges certificates, as data of its own.
int moment_index() {
  constexpr auto release = [](void*, void* moment, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<std::int64_t*>(moment);
  };
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, release);
  return index;
}

int date_error(const X509& certificate, std::int64_t now) {
  const auto from = seconds_of(*::X509_get0_notBefore(&certificate));
  const auto until = seconds_of(*::X509_get0_notAfter(&certificate));
  if (!from) return X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD;
  if (!until) return X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
  if (now < *from) return X509_V_ERR_CERT_NOT_YET_VALID;
  return now > *until ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_OK;
}

/// Asked of every certificate of a chain, after OpenSSL has looked at all else. X509_VERIFY_PARAM_set_time()
/// takes a time_t, whose width in the library need not be that of this program.
int judge_dates(int good, X509_STORE_CTX* chain) {
  const X509* const certificate = ::X509_STORE_CTX_get_current_cert(chain);
  if (good == 0 || certificate == nullptr) return good;
  const auto* const tls =
      static_cast<SSL*>(::X509_STORE_CTX_get_ex_data(chain, ::SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* const now =
      static_cast<std::int64_t*>(::SSL_CTX_get_ex_data(::SSL_get_SSL_CTX(tls), moment_index()));
  const int error = date_error(*certificate, *now);
  if (error != X509_V_OK) ::X509_STORE_CTX_set_error(chain, error);
  return error == X509_V_OK ? 1 : 0;
}

/// False: there is no memory.
bool judge_at(SSL_CTX* context, std::int64_t now) {
  auto moment = std::make_unique<std::int64_t>(now > 0 ? now : std::time(nullptr));
  if (::SSL_CTX_set_ex_data(context, moment_index(), moment.get()) != 1) return false;
  (void)moment.release();
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, judge_dates);
  return true;
}

Result<void> believe(SSL_CTX* context, const TlsOptions& options) {
  // An authority may be an intermediate one, or the server's certificate itself.
  X509_VERIFY_PARAM* const rules = ::SSL_CTX_get0_param(context);
  ::X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  if (!judge_at(context, options.now)) return fail(ErrorKind::kNetwork, "TLS: no memory");
  if (::SSL_CTX_load_verify_file(context, options.ca.c_str()) == 1) return {};
  return fail(ErrorKind::kNetwork, "ca " + options.ca.string() + ": " + tls_reason("cannot be used"));
}

Result<void> present(SSL_CTX* context, const TlsOptions& options) {
  if (!options.key) return {};
  const bool usable = ::SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) == 1 &&
                      ::SSL_CTX_use_PrivateKey(context, options.key.get()) == 1 &&
                      ::SSL_CTX_check_private_key(context) == 1;
  if (usable) return {};
  return fail(ErrorKind::kNetwork,
              "certificate " + options.certificate.string() + ": " + tls_reason("cannot be used"));
}

}  // namespace

TlsSessions::TlsSessions() = default;
TlsSessions::~TlsSessions() = default;

void TlsSessions::Release::operator()(SSL_SESSION* session) const { ::SSL_SESSION_free(session); }

SSL_SESSION* TlsSessions::of(const std::string& server) const {
  const auto found = sessions_.find(server);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void TlsSessions::keep(const std::string& server, SSL_SESSION* session) { sessions_[server].reset(session); }

void FreeTlsContext::operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }

Result<TlsContext> tls_context(const TlsOptions& options) {
  ::ERR_clear_error();
  TlsContext context(::SSL_CTX_new(::TLS_client_method()));
  if (!context || !offer(context.get())) {
    return fail(ErrorKind::kNetwork, "TLS: " + tls_reason("cannot be set up"));
  }
  SKIFF_TRY(believe(context.get(), options));
  SKIFF_TRY(present(context.get(), options));
  return context;
}

std::string tls_reason(const std::string& otherwise) {
  const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  std::string text = reason != nullptr ? reason : otherwise;
  ::ERR_clear_error();
  return text;
}

}  // namespace skiff::agent
