#include "http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "access/identity.hpp"
#include "http/link_rate.hpp"

namespace skiff::server {
namespace {

namespace ssl = boost::asio::ssl;

constexpr long kSessionLifetime = 7L * 24 * 3600;  // seconds: a device that polls daily always resumes
// A record is of use to its receiver when all of it is there. The longest takes two seconds at 64 kbit/s, and
// all of it is lost where the link goes down meanwhile.
constexpr long kShortRecord = 4'096;  // bytes
constexpr std::uint64_t kYoung =
    64 << 10;  // bytes sent: until then the kernel saw bursts that found an empty queue
constexpr std::uint64_t kFastLink = 65'536;  // bytes a second: the longest takes a quarter of one
constexpr unsigned char kSessionContext[] = "skiff-devices-1";

tl::unexpected<Error> tls_error(std::string_view what, const std::filesystem::path& file) {
  const unsigned long code = ::ERR_get_error();
  ::ERR_clear_error();
  const char* reason = code != 0 ? ::ERR_reason_error_string(code) : nullptr;
  return fail(ErrorKind::kFormat, "cannot use " + file.string() + " as " + std::string(what) + ": " +
                                      (reason != nullptr ? reason : "not understood"));
}

void harden(SSL_CTX* context, std::size_t sessions) {
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_SINGLE_ECDH_USE);
  // Forward secrecy and AEAD only; TLS 1.3 has nothing else.
  ::SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  ::SSL_CTX_set1_groups_list(context, "X25519:P-256");
  ::SSL_CTX_set_max_early_data(context, 0);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  ::SSL_CTX_sess_set_cache_size(context, static_cast<long>(sessions));
  ::SSL_CTX_set_timeout(context, kSessionLifetime);
  ::SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  ::SSL_CTX_set_num_tickets(context, 1);
  ::SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_tls_context(const TlsFiles& files, std::size_t sessions) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const raw = context->native_handle();
  harden(raw, sessions);
  if (::SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) != 1) {
    return tls_error("the server's certificate", files.certificate);
  }
  if (::SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(raw) != 1) {
    return tls_error("the server's key", files.key);
  }
  if (files.device_ca.empty()) return context;
  if (::SSL_CTX_load_verify_locations(raw, files.device_ca.c_str(), nullptr) != 1) {
    return tls_error("the device CA", files.device_ca);
  }
  ::SSL_CTX_set_client_CA_list(raw, ::SSL_load_client_CA_file(files.device_ca.c_str()));
  ::SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  return context;
}

Peer peer_of(SSL* ssl, std::string address) {
  Peer peer;
  peer.address = std::move(address);
  X509* const certificate = ::SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || ::SSL_get_verify_result(ssl) != X509_V_OK) return peer;
  if (::X509_cmp_current_time(::X509_get0_notAfter(certificate)) <= 0) return peer;
  peer.serial = device_serial(*certificate);
  peer.fingerprint = fingerprint(*certificate);
  peer.key = key_digest(*::X509_get0_pubkey(certificate));
  return peer;
}

WireBytes wire_bytes(SSL* ssl) {
  WireBytes bytes;
  if (BIO* const in = ::SSL_get_rbio(ssl)) bytes.received = ::BIO_number_read(in);
  if (BIO* const out = ::SSL_get_wbio(ssl)) bytes.sent = ::BIO_number_written(out);
  return bytes;
}

void choose_record_length(SSL* ssl) {
  const bool is_fast = wire_bytes(ssl).sent >= kYoung && link_rate(::SSL_get_fd(ssl)) >= kFastLink;
  const long length = is_fast ? SSL3_RT_MAX_PLAIN_LENGTH : kShortRecord;
  ::SSL_set_max_send_fragment(ssl, length);
  ::SSL_set_split_send_fragment(ssl,
                                length);  // what is written is split by this one, which never grows alone
}

}  // namespace skiff::server
