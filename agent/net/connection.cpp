#include "agent/net/connection.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "agent/net/socket_bio.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kLeastSocket = 4'096;
constexpr std::uint64_t kMostSocket = 65'536;

using Addresses = std::unique_ptr<addrinfo, Free<freeaddrinfo>>;

tl::unexpected<Error> broken(const std::string& why) { return fail(ErrorKind::kNetwork, why); }
tl::unexpected<Error> broken(int code) { return broken(std::strerror(code)); }

/// How long names may take is the resolver's own affair (resolv.conf(5)).
Result<Addresses> addresses_of(const ServerAddress& server) {
  addrinfo wanted = {};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(server.host.c_str(), server.port.c_str(), &wanted, &list);
  if (code != 0) return broken(server.host + ": " + ::gai_strerror(code));
  return Addresses(list);
}

Result<void> wait_on(int socket, short events, const Pace& pace) {
  for (;;) {
    SKIFF_ASSIGN(const std::chrono::milliseconds patience, pace.patience());
    pollfd waited = {socket, events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(patience.count()) + 1);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return broken(errno);
  }
}

Result<Descriptor> connect_to(const addrinfo& address, std::uint64_t rate, const Pace& pace) {
  Descriptor socket(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
  if (!socket.valid()) return broken(errno);
  // What the kernel takes ahead of a limited rate is not limited.
  const int room = static_cast<int>(std::clamp(rate, kLeastSocket, kMostSocket));
  if (rate > 0) ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  const int at_once = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return broken(errno);
  SKIFF_TRY(wait_on(socket.get(), POLLOUT, pace));
  int code = 0;
  socklen_t length = sizeof(code);
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &length);
  if (code != 0) return broken(code);
  return socket;
}

/// Of the time that is left each address gets as much as each of those after it.
Result<Descriptor> connect_to_any(const ServerAddress& to, std::uint64_t rate, const Pace& pace) {
  SKIFF_ASSIGN(const Addresses list, addresses_of(to));
  int left = 0;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) ++left;
  Result<Descriptor> connected = broken(to.host + " has no address");
  for (const addrinfo* at = list.get(); at != nullptr && !connected; at = at->ai_next, --left) {
    SKIFF_ASSIGN(const std::chrono::milliseconds patience, pace.patience());
    const Pace share({.deadline = patience / left, .stall = patience});
    connected = connect_to(*at, rate, share);
  }
  return connected;
}

bool is_address(const std::string& host) {
  in6_addr ignored = {};
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

/// The server has to prove this name; a name, other than an address, is told it, too (RFC 6066, 3).
bool expect(SSL& tls, const std::string& host) {
  if (is_address(host)) return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(&tls), host.c_str()) == 1;
  ::SSL_set_hostflags(&tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return ::SSL_set_tlsext_host_name(&tls, host.c_str()) == 1 && ::SSL_set1_host(&tls, host.c_str()) == 1;
}

}  // namespace

void Connection::FreeChain::operator()(BIO* chain) const {
  ::BIO_free_all(chain);  // that of TLS says farewell
  ::ERR_clear_error();
}

Connection::Connection(Descriptor socket, WireCount& wire)
    : socket_(std::move(socket)), wire_(wire), chain_(make_socket_bio(socket_.get())) {
  wire_.opened(socket_.get());
}

Connection::~Connection() {
  chain_.reset();
  wire_.closing(socket_.get());
}

Result<std::unique_ptr<Connection>> Connection::open(const ServerAddress& to, const Options& options,
                                                     const Pace& pace) {
  SKIFF_ASSIGN(Descriptor socket, connect_to_any(to, options.rate, pace));
  std::unique_ptr<Connection> connection(new Connection(std::move(socket), options.wire));
  if (!connection->chain_) return broken("no memory");
  return connection;
}

int Connection::keep_session(SSL* tls, SSL_SESSION* session) {
  const auto& self = *static_cast<const Connection*>(SSL_get_app_data(tls));
  self.sessions_->keep(self.server_, session);
  return 1;  // it is kept
}

Result<void> Connection::start_tls(SSL_CTX& context, const ServerAddress& server, TlsSessions& sessions,
                                   const Pace& pace) {
  sessions_ = &sessions;
  server_ = server.as_named;
  ::SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  ::SSL_CTX_sess_set_new_cb(&context, keep_session);
  BIO* const filter = ::BIO_new_ssl(&context, 1);
  if (filter == nullptr) return broken("TLS: " + tls_reason("no memory"));
  chain_.reset(::BIO_push(filter, chain_.release()));
  SSL* tls = nullptr;
  BIO_get_ssl(filter, &tls);
  if (!expect(*tls, server.host)) return broken("TLS: " + tls_reason("no memory"));
  SSL_set_app_data(tls, this);
  if (SSL_SESSION* const session = sessions.of(server_)) ::SSL_set_session(tls, session);
  const auto shaken = attempt(pace, [&] { return static_cast<int>(BIO_do_handshake(filter)); });
  const long verdict = ::SSL_get_verify_result(tls);
  if (!shaken && verdict != X509_V_OK) {
    return broken(std::string("the server's certificate: ") + ::X509_verify_cert_error_string(verdict));
  }
  SKIFF_TRY(shaken);
  return {};
}

template <typename Call>
Result<std::size_t> Connection::attempt(const Pace& pace, const Call& call) {
  for (;;) {
    ::ERR_clear_error();
    errno = 0;
    const int outcome = call();
    const int code = errno;
    if (outcome > 0) return static_cast<std::size_t>(outcome);
    if (BIO_should_retry(chain_.get())) {
      SKIFF_TRY(wait_on(socket_.get(), BIO_should_write(chain_.get()) ? POLLOUT : POLLIN, pace));
    } else if (outcome == 0) {
      return 0;
    } else {
      return broken(tls_reason(code != 0 ? std::strerror(code) : "the other side closed the connection"));
    }
  }
}

Result<void> Connection::write(ByteView bytes, Pace& pace) {
  while (!bytes.empty()) {
    const auto length = static_cast<int>(std::min(bytes.size(), pace.piece()));
    SKIFF_ASSIGN(const std::size_t sent,
                 attempt(pace, [&] { return ::BIO_write(chain_.get(), bytes.data(), length); }));
    if (sent == 0) return broken("the other side closed the connection");
    std::this_thread::sleep_for(pace.moved(sent));
    bytes = bytes.subspan(sent);
  }
  return {};
}

Result<std::size_t> Connection::read_some(MutableBytes out, Pace& pace) {
  const auto length = static_cast<int>(std::min(out.size(), pace.piece()));
  SKIFF_ASSIGN(const std::size_t got,
               attempt(pace, [&] { return ::BIO_read(chain_.get(), out.data(), length); }));
  std::this_thread::sleep_for(pace.moved(got));
  return got;
}

bool Connection::is_idle() {
  std::uint8_t stray = 0;
  const bool nothing = ::BIO_read(chain_.get(), &stray, 1) < 0 && BIO_should_retry(chain_.get());
  ::ERR_clear_error();
  return nothing;
}

}  // namespace skiff::agent
