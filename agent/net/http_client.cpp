#include "agent/net/http_client.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "agent/net/client_key.hpp"
#include "agent/net/wire_count.hpp"

namespace skiff::agent {
namespace {

// What the client offers in TLS: what the server takes, and little else, because every poll of every device
// says it. Suites with SHA-256 have the shorter handshake.
constexpr const char* kTls13Suites =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
constexpr curl_off_t kLeastBuffer = 1'024;
constexpr curl_off_t kMostBuffer = 16'384;
constexpr std::uint64_t kLeastSocket = 4'096;
constexpr std::uint64_t kMostSocket = 65'536;
constexpr const char* kTls12Suites = "ECDHE+AESGCM";
constexpr const char* kGroups = "X25519:P-256";
constexpr const char* kSignatures = "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA+SHA256";

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

HeaderList header_list(const HttpRequest& request) {
  curl_slist* list = nullptr;
  list = curl_slist_append(list, "Accept:");  // any: what it means if it is absent
  for (const std::string& header : request.headers) list = curl_slist_append(list, header.c_str());
  if (request.takes_packed) list = curl_slist_append(list, "Accept-Encoding: zstd");
  if (!request.body.empty()) {
    list = curl_slist_append(list, "Content-Type: application/json");
    list = curl_slist_append(list, "Expect:");  // one round trip less; our bodies are small
  }
  return HeaderList(list);
}

bool is_allowed(const HttpOptions& options) {
  return options.base_url.starts_with("https://") ||
         (options.allow_plain && options.base_url.starts_with("http://"));
}

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(HttpOptions options) : options_(std::move(options)), curl_(curl_easy_init()) {}
  ~Impl() { curl_easy_cleanup(curl_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool ready() const { return curl_ != nullptr; }
  Result<HttpReply> exchange(const HttpRequest& request, const BodyConsumer& consume);
  [[nodiscard]] std::uint64_t wire_bytes() const { return wire_.total(); }

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static CURLcode on_ssl_context(CURL* curl, void* context, void* self);
  static curl_socket_t on_open(void* self, curlsocktype purpose, struct curl_sockaddr* address);
  static int on_close(void* self, curl_socket_t socket);

  void set_up(const HttpRequest& request, const HeaderList& headers);
  void set_up_rate();
  void set_up_tls();
  Result<void> open_key();
  Result<HttpReply> outcome(CURLcode code);
  std::size_t take_body(ByteView part);

  HttpOptions options_;
  WireCount wire_;
  ClientKey key_;
  CURL* curl_;  // goes before the key that its connections sign with
  // Of the exchange under way:
  const BodyConsumer* consume_ = nullptr;
  bool takes_packed_ = false;
  HttpReply reply_;
  std::optional<Error> error_;
  std::array<char, CURL_ERROR_SIZE> detail_ = {};  ///< libcurl's own words on what went wrong
  bool enough_ = false;
};

std::size_t HttpClient::Impl::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& impl = *static_cast<Impl*>(self);
  Result<void> taken = impl.reply_.head.take_line({data, size * count});
  if (taken && impl.reply_.head.is_packed() && !impl.takes_packed_) {
    taken = fail(ErrorKind::kNetwork, "Content-Encoding: nobody asked for it");
  }
  if (taken) return size * count;
  impl.error_ = taken.error();
  return 0;
}

std::size_t HttpClient::Impl::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Impl*>(self)->take_body(as_bytes({data, size * count}));
}

std::size_t HttpClient::Impl::take_body(ByteView part) {
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &reply_.status);
  const Result<bool> more = (*consume_)(reply_, part);
  if (!more) error_ = more.error();
  enough_ = more && !*more;
  return more && *more ? part.size() : 0;
}

CURLcode HttpClient::Impl::on_ssl_context(CURL*, void* untyped_context, void* self) {
  const auto& impl = *static_cast<Impl*>(self);
  auto* const context = static_cast<SSL_CTX*>(untyped_context);
  if (impl.options_.now > 0) X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), impl.options_.now);
  SSL_CTX_clear_options(context,
                        SSL_OP_TLSEXT_PADDING);  // for servers of 2013; it makes the hello twice as long
  SSL_CTX_set1_sigalgs_list(context, kSignatures);
  if (!impl.key_) return CURLE_OK;
  const bool usable = SSL_CTX_use_certificate_chain_file(context, impl.options_.certificate.c_str()) == 1 &&
                      SSL_CTX_use_PrivateKey(context, impl.key_.get()) == 1 &&
                      SSL_CTX_check_private_key(context) == 1;
  return usable ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/// The key is opened when it is first needed: a token or TPM that does not answer is a server that is not
/// reached, and may answer later.
Result<void> HttpClient::Impl::open_key() {
  if (key_ || options_.key.empty()) return {};
  Result<ClientKey> opened = open_client_key(options_.key);
  if (!opened) return fail(ErrorKind::kNetwork, opened.error().message);
  key_ = std::move(*opened);
  return {};
}

curl_socket_t HttpClient::Impl::on_open(void* self, curlsocktype, struct curl_sockaddr* address) {
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  auto& impl = *static_cast<Impl*>(self);
  // What the kernel takes ahead of a limited rate is not limited.
  const int room = static_cast<int>(std::clamp(impl.options_.rate, kLeastSocket, kMostSocket));
  if (impl.options_.rate > 0) ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  impl.wire_.opened(socket);
  return socket;
}

int HttpClient::Impl::on_close(void* self, curl_socket_t socket) {
  static_cast<Impl*>(self)->wire_.closing(socket);
  return ::close(socket);
}

void HttpClient::Impl::set_up_tls() {
  if (!options_.ca.empty()) curl_easy_setopt(curl_, CURLOPT_CAINFO, options_.ca.c_str());
  curl_easy_setopt(curl_, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(curl_, CURLOPT_TLS13_CIPHERS, kTls13Suites);
  curl_easy_setopt(curl_, CURLOPT_SSL_CIPHER_LIST, kTls12Suites);
  curl_easy_setopt(curl_, CURLOPT_SSL_EC_CURVES, kGroups);
  curl_easy_setopt(curl_, CURLOPT_SSL_ENABLE_ALPN, 0L);
  if (options_.sessions != nullptr) curl_easy_setopt(curl_, CURLOPT_SHARE, options_.sessions->handle());
  curl_easy_setopt(curl_, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(curl_, CURLOPT_SSL_CTX_FUNCTION, &Impl::on_ssl_context);
  curl_easy_setopt(curl_, CURLOPT_SSL_CTX_DATA, this);
}

void HttpClient::Impl::set_up(const HttpRequest& request, const HeaderList& headers) {
  curl_easy_reset(curl_);  // options only: connections and TLS sessions stay
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(curl_, CURLOPT_URL, (options_.base_url + request.path).c_str());
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, options_.allow_plain ? "https,http" : "https");
  curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_PROXY, options_.proxy.c_str());  // empty: also none from the environment
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options_.slowest));
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_TIMEOUT, static_cast<long>(request.deadline.count()));
  if (!request.body.empty()) {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &Impl::on_header);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Impl::on_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl_, CURLOPT_OPENSOCKETFUNCTION, &Impl::on_open);
  curl_easy_setopt(curl_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(curl_, CURLOPT_CLOSESOCKETFUNCTION, &Impl::on_close);
  curl_easy_setopt(curl_, CURLOPT_CLOSESOCKETDATA, this);
  if (options_.rate > 0) set_up_rate();
  set_up_tls();
}

/// Small pieces, so that the pauses between them are not taken for a stalled link.
void HttpClient::Impl::set_up_rate() {
  const auto rate = static_cast<curl_off_t>(options_.rate);
  curl_easy_setopt(curl_, CURLOPT_MAX_RECV_SPEED_LARGE, rate);
  curl_easy_setopt(curl_, CURLOPT_MAX_SEND_SPEED_LARGE, rate);
  curl_easy_setopt(curl_, CURLOPT_BUFFERSIZE, static_cast<long>(std::clamp(rate, kLeastBuffer, kMostBuffer)));
}

Result<HttpReply> HttpClient::Impl::exchange(const HttpRequest& request, const BodyConsumer& consume) {
  SKIFF_TRY(open_key());
  const HeaderList headers = header_list(request);
  set_up(request, headers);
  consume_ = &consume;
  takes_packed_ = request.takes_packed;
  reply_ = {};
  error_.reset();
  detail_.front() = '\0';
  enough_ = false;
  return outcome(curl_easy_perform(curl_));
}

Result<HttpReply> HttpClient::Impl::outcome(CURLcode code) {
  if (error_) return tl::unexpected<Error>(*error_);
  if (code != CURLE_OK && !enough_) {
    const char* const why = detail_.front() != '\0' ? detail_.data() : curl_easy_strerror(code);
    return fail(ErrorKind::kNetwork, options_.base_url + ": " + why);
  }
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &reply_.status);
  return reply_;
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpClient> HttpClient::open(HttpOptions options) {
  if (!is_allowed(options))
    return fail(ErrorKind::kUsage, "server: " + options.base_url + " is not https://");
  auto impl = std::make_unique<Impl>(std::move(options));
  if (!impl->ready()) return fail(ErrorKind::kNetwork, "libcurl could not be set up");
  return HttpClient(std::move(impl));
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
