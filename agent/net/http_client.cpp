#include "agent/net/http_client.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "agent/net/client_key.hpp"
#include "agent/net/connection.hpp"
#include "agent/net/wire_count.hpp"

namespace skiff::agent {
namespace {

constexpr std::size_t kReadAtOnce = 16'384;  // a record of TLS
constexpr long kOk = 200;

bool is_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

/// The text of a request (RFC 9112, 3). Nothing is said that the server could do without.
std::string request_text(const HttpRequest& request, const ServerAddress& server) {
  std::string text = request.body.empty() ? "GET " : "POST ";
  text += server.path + request.path + " HTTP/1.1\r\nHost: " + server.as_named + "\r\n";
  for (const std::string& header : request.headers) text += header + "\r\n";
  if (request.takes_packed) text += "Accept-Encoding: zstd\r\n";
  if (!request.body.empty()) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

std::string base64(std::string_view text) {
  std::string coded((text.size() + 2) / 3 * 4 + 1, '\0');
  const int length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()), as_bytes(text).data(),
                                       static_cast<int>(text.size()));
  coded.resize(static_cast<std::size_t>(length));
  return coded;
}

std::string tunnel_text(const ServerAddress& server, const ServerAddress& proxy) {
  const std::string target =
      server.as_named.ends_with(":" + server.port) ? server.as_named : server.as_named + ":" + server.port;
  std::string text = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!proxy.user.empty()) text += "Proxy-Authorization: Basic " + base64(proxy.user) + "\r\n";
  return text + "\r\n";
}

/// Sends the text and reads until the parser has its answer.
Result<void> talk(Connection& connection, std::string_view text, ReplyParser& parser, Pace& pace) {
  SKIFF_TRY(connection.write(as_bytes(text), pace));
  std::array<std::uint8_t, kReadAtOnce> piece;
  while (!parser.is_done()) {
    SKIFF_ASSIGN(const std::size_t got, connection.read_some(piece, pace));
    if (got == 0) return parser.end();
    SKIFF_TRY(parser.take(ByteView(piece).first(got)));
  }
  return {};
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl(HttpOptions options, ServerAddress server, std::optional<ServerAddress> proxy)
      : options_(std::move(options)), server_(std::move(server)), proxy_(std::move(proxy)) {}

  Result<HttpReply> exchange(const HttpRequest& request, const BodyConsumer& consume);
  [[nodiscard]] std::uint64_t wire_bytes() const { return wire_.total(); }

 private:
  Result<void> open_key();
  Result<void> connect();
  Result<void> ask_for_tunnel(Connection& connection, Pace& pace) const;
  Result<void> talk_once(const std::string& text, ReplyParser& parser, Pace& pace);
  [[nodiscard]] PaceLimits limits_of(const HttpRequest& request) const;

  HttpOptions options_;
  ServerAddress server_;
  std::optional<ServerAddress> proxy_;
  WireCount wire_;
  ClientKey key_;
  TlsSessions own_sessions_;
  std::unique_ptr<Connection>
      connection_;  ///< goes before what it counts with, signs with and keeps sessions in
};

/// The key is opened when it is first needed: a token or TPM that does not answer is a server that is not
/// reached, and may answer later.
Result<void> HttpClient::Impl::open_key() {
  if (key_ || options_.key.empty()) return {};
  Result<ClientKey> opened = open_client_key(options_.key);
  if (!opened) return fail(ErrorKind::kNetwork, opened.error().message);
  key_ = std::move(*opened);
  return {};
}

Result<void> HttpClient::Impl::ask_for_tunnel(Connection& connection, Pace& pace) const {
  const BodyConsumer nothing = [](const HttpReply&, ByteView) -> Result<bool> { return false; };
  ReplyParser parser({.is_tunnel = true}, nothing);
  SKIFF_TRY(talk(connection, tunnel_text(server_, *proxy_), parser, pace));
  const long status = parser.reply().status;
  if (status / 100 == kOk / 100) return {};
  return fail(ErrorKind::kNetwork, "the proxy answered with status " + std::to_string(status));
}

/// All of it within the time to connect.
Result<void> HttpClient::Impl::connect() {
  SKIFF_TRY(open_key());
  Pace pace({.deadline = options_.connect_timeout, .stall = options_.connect_timeout, .slowest = 0});
  SKIFF_ASSIGN(auto connection,
               Connection::open(proxy_ ? *proxy_ : server_, {.rate = options_.rate, .wire = wire_}, pace));
  if (proxy_) SKIFF_TRY(ask_for_tunnel(*connection, pace));
  if (server_.tls) {
    SKIFF_ASSIGN(const TlsContext context,
                 tls_context({options_.ca, options_.certificate, key_, options_.now}));
    TlsSessions& sessions = options_.sessions != nullptr ? *options_.sessions : own_sessions_;
    SKIFF_TRY(connection->start_tls(*context, server_, sessions, pace));
  }
  connection_ = std::move(connection);
  return {};
}

PaceLimits HttpClient::Impl::limits_of(const HttpRequest& request) const {
  return {request.deadline, options_.stall_timeout, options_.slowest, options_.rate};
}

Result<void> HttpClient::Impl::talk_once(const std::string& text, ReplyParser& parser, Pace& pace) {
  if (!connection_) SKIFF_TRY(connect());
  const Result<void> done = talk(*connection_, text, parser, pace);
  if (!done || !parser.may_go_on()) connection_.reset();
  return done;
}

Result<HttpReply> HttpClient::Impl::exchange(const HttpRequest& request, const BodyConsumer& consume) {
  if (!is_line(request.path) || !std::ranges::all_of(request.headers, is_line)) {
    return fail(ErrorKind::kUsage, "a request for " + request.path + " would have more lines than its own");
  }
  std::optional<Error> of_consumer;
  const BodyConsumer noted = [&](const HttpReply& reply, ByteView part) {
    Result<bool> more = consume(reply, part);
    if (!more) of_consumer = more.error();
    return more;
  };
  if (connection_ && !connection_->is_idle()) connection_.reset();
  const bool kept = connection_ != nullptr;
  const std::string text = request_text(request, server_);
  Pace pace(limits_of(request));
  ReplyParser parser({.takes_packed = request.takes_packed}, noted);
  Result<void> done = talk_once(text, parser, pace);
  const bool was_closed = !done && !parser.has_begun() && pace.patience();  // and not too slow
  if (kept && was_closed) done = talk_once(text, parser, pace);
  if (of_consumer) return tl::unexpected<Error>(*of_consumer);
  if (!done) return fail_with(done.error(), options_.base_url);
  return parser.reply();
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpClient> HttpClient::open(HttpOptions options) {
  SKIFF_ASSIGN(ServerAddress server, parse_address(options.base_url));
  if (!server.tls && !options.allow_plain) {
    return fail(ErrorKind::kUsage, "server: " + options.base_url + " is not https://");
  }
  std::optional<ServerAddress> proxy;
  if (!options.proxy.empty()) {
    SKIFF_ASSIGN(proxy, parse_address(options.proxy));
    if (proxy->tls) return fail(ErrorKind::kUsage, "proxy: " + options.proxy + " is not http://");
  }
  return HttpClient(std::make_unique<Impl>(std::move(options), std::move(server), std::move(proxy)));
}

Result<HttpReply> HttpClient::exchange(const HttpRequest& request, const BodyConsumer& consume) {
  return impl_->exchange(request, consume);
}

Result<std::pair<HttpReply, Bytes>> HttpClient::fetch(const HttpRequest& request, std::uint64_t max_length) {
  Bytes body;
  const BodyConsumer collect = [&](const HttpReply&, ByteView part) -> Result<bool> {
    if (part.size() > max_length - body.size()) {
      return fail(ErrorKind::kLimit,
                  request.path + " is longer than " + std::to_string(max_length) + " bytes");
    }
    body.insert(body.end(), part.begin(), part.end());
    return true;
  };
  SKIFF_ASSIGN(HttpReply reply, impl_->exchange(request, collect));
  return std::pair(std::move(reply), std::move(body));
}

std::uint64_t HttpClient::wire_bytes() const { return impl_->wire_bytes(); }

}  // namespace skiff::agent
