#include "cli/server_client.hpp"

#include <curl/curl.h>

#include <array>
#include <optional>

namespace skiff::cli {
namespace {

constexpr long kConnectTimeout = 20;  // seconds
constexpr long kPatience = 60;        // seconds without a byte
constexpr long kLongPatience = 3'600;
constexpr std::uint64_t kMaxAnswer = std::uint64_t{256} << 20;
constexpr long kOk = 200;
constexpr long kUnauthorised = 401;
constexpr long kNotFound = 404;
constexpr long kConflict = 409;
constexpr const char* kUserAgent = "skiff/" SKIFF_VERSION;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

struct Ask {
  std::string path;
  std::optional<ByteView> body{};  ///< none: a GET
  const char* type = "application/json";
  long patience = kPatience;
};

struct Answer {
  long status = 0;
  Json body;
};

void add_header(Headers& headers, const std::string& line) {
  if (curl_slist* const longer = curl_slist_append(headers.get(), line.c_str())) {
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
}

/// What the server says is wrong.
tl::unexpected<Error> refusal(const Answer& answer) {
  const std::string said =
      string_member(answer.body, "message").value_or("status " + std::to_string(answer.status));
  if (answer.status == kUnauthorised) return fail(ErrorKind::kSignature, "the server: " + said);
  return fail(answer.status == kNotFound ? ErrorKind::kNotFound : ErrorKind::kMismatch,
              "the server: " + said);
}

Result<Json> wanted(const Result<Answer>& answer) {
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->status != kOk) return refusal(*answer);
  return answer->body;
}

}  // namespace

class ServerClient::Impl {
 public:
  explicit Impl(ServerAccess access) : access_(std::move(access)), curl_(curl_easy_init()) {
    while (access_.url.ends_with('/')) access_.url.pop_back();
  }
  ~Impl() { curl_easy_cleanup(curl_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool ready() const { return curl_ != nullptr; }
  Result<Answer> ask(const Ask& request);
  Result<Json> post(const std::string& path, Json::Object body, long patience) {
    body["v"] = 1;
    const std::string text = json_text(Json(std::move(body)));
    return wanted(ask({.path = path, .body = as_bytes(text), .patience = patience}));
  }

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  void set_up(const Ask& request, const Headers& headers);
  [[nodiscard]] Headers headers_of(const Ask& request) const;

  ServerAccess access_;
  CURL* curl_;
  Bytes body_;
  std::array<char, CURL_ERROR_SIZE> detail_ = {};  ///< libcurl's own words on what went wrong
};

std::size_t ServerClient::Impl::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  Bytes& body = static_cast<Impl*>(self)->body_;
  const ByteView part = as_bytes({data, size * count});
  if (part.size() > kMaxAnswer - body.size()) return 0;
  body.insert(body.end(), part.begin(), part.end());
  return part.size();
}

Headers ServerClient::Impl::headers_of(const Ask& request) const {
  Headers headers;
  if (!access_.token.empty()) add_header(headers, "Authorization: Bearer " + access_.token);
  add_header(headers, std::string("Content-Type: ") + request.type);
  add_header(headers, "Expect:");  // the server reads a body as soon as it may be sent
  return headers;
}

void ServerClient::Impl::set_up(const Ask& request, const Headers& headers) {
  curl_easy_reset(curl_);  // options only: the connection stays
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(curl_, CURLOPT_URL, (access_.url + request.path).c_str());
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, kConnectTimeout);
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, request.patience);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Impl::on_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
  if (!access_.ca.empty()) curl_easy_setopt(curl_, CURLOPT_CAINFO, access_.ca.c_str());
  if (!request.body) return;
  curl_easy_setopt(curl_, CURLOPT_POST, 1L);
  curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.body->data());
  curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
}

Result<Answer> ServerClient::Impl::ask(const Ask& request) {
  body_.clear();
  detail_.front() = '\0';
  const Headers headers = headers_of(request);
  set_up(request, headers);
  const CURLcode code = curl_easy_perform(curl_);
  if (code != CURLE_OK) {
    const char* const why = detail_.front() != '\0' ? detail_.data() : curl_easy_strerror(code);
    return fail(ErrorKind::kNetwork, access_.url + ": " + why);
  }
  Answer answer;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &answer.status);
  Result<Json> body = parse_json(body_);
  if (!body) {
    return fail(ErrorKind::kNetwork, access_.url + request.path +
                                         ": no server of Skiff, which answers JSON: status " +
                                         std::to_string(answer.status));
  }
  answer.body = *std::move(body);
  return answer;
}

ServerClient::ServerClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerClient::~ServerClient() = default;
ServerClient::ServerClient(ServerClient&&) noexcept = default;
ServerClient& ServerClient::operator=(ServerClient&&) noexcept = default;

Result<ServerClient> ServerClient::open(const ServerAccess& access) {
  if (!access.url.starts_with("https://")) {
    return fail(ErrorKind::kUsage,
                access.url + ": wanted is the https:// URL of a server's port for operators");
  }
  auto impl = std::make_unique<Impl>(access);
  if (!impl->ready()) return fail(ErrorKind::kNetwork, "libcurl could not be set up");
  return ServerClient(std::move(impl));
}

Result<Json> ServerClient::get(const std::string& path) { return wanted(impl_->ask({.path = path})); }

Result<Json> ServerClient::post(const std::string& path, Json::Object body) {
  return impl_->post(path, std::move(body), kPatience);
}

Result<Json> ServerClient::post_patiently(const std::string& path, Json::Object body) {
  return impl_->post(path, std::move(body), kLongPatience);
}

Result<std::uint64_t> ServerClient::post_piece(const std::string& path, ByteView piece) {
  SKIFF_ASSIGN(const Answer answer,
               impl_->ask({.path = path, .body = piece, .type = "application/octet-stream"}));
  const bool tells_offset = answer.status == kConflict && answer.body.find("offset") != nullptr;
  if (answer.status != kOk && !tells_offset) return refusal(answer);
  return unsigned_member(answer.body, "offset");
}

}  // namespace skiff::cli
