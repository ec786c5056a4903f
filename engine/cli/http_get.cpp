#include "cli/http_get.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>

namespace skiff::cli {
namespace {

constexpr long kConnectTimeout = 20;  // seconds
constexpr long kSlowest = 1024;       // bytes/s, on average over
constexpr long kStallTimeout = 60;    // seconds
constexpr long kStatusOk = 200;
constexpr long kStatusNotFound = 404;
constexpr std::string_view kUserAgent = "skiff/" SKIFF_VERSION;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, FreeText> owned(text);
  return text;
}

/// As curl reads the URL, so that no other reading of it can lead elsewhere.
bool is_allowed(const std::string& base_url) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, base_url.c_str(), 0) != CURLUE_OK) return false;
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme == "https") return true;
  const std::string host = part_of(url.get(), CURLUPART_HOST);
  // curl has made a number of what it takes for one: "127.x" here is an address or a name below it.
  const bool is_address = host.find_first_not_of("0123456789.") == std::string::npos;
  return scheme == "http" &&
         (host == "localhost" || host == "[::1]" || (is_address && host.starts_with("127.")));
}

}  // namespace

std::string url_quoted(std::string_view name) {
  if (name.empty()) return {};  // curl takes a length of 0 for strlen()
  const std::unique_ptr<char, FreeText> quoted(
      curl_easy_escape(nullptr, name.data(), static_cast<int>(name.size())));
  return quoted ? std::string(quoted.get()) : std::string();
}

std::string url_quoted_path(std::string_view path) {
  std::string quoted;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    quoted += url_quoted(path.substr(at, slash - at));
    if (slash < path.size()) quoted += '/';
    at = slash + 1;
  }
  return quoted;
}

class HttpGet::Impl {
 public:
  explicit Impl(std::string base_url) : base_url_(std::move(base_url)), curl_(curl_easy_init()) {
    if (!base_url_.ends_with('/')) base_url_ += '/';
  }
  ~Impl() { curl_easy_cleanup(curl_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool ready() const { return curl_ != nullptr; }
  Result<std::optional<Bytes>> get(const std::string& url, std::uint64_t max_length);
  [[nodiscard]] std::string url_of(std::string_view path) const { return base_url_ + std::string(path); }

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  void set_up(const std::string& url);

  std::string base_url_;
  CURL* curl_;
  std::uint64_t max_length_ = 0;
  Bytes body_;
  bool too_long_ = false;
  std::array<char, CURL_ERROR_SIZE> detail_ = {};  ///< libcurl's own words on what went wrong
};

std::size_t HttpGet::Impl::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& impl = *static_cast<Impl*>(self);
  const ByteView part = as_bytes({data, size * count});
  impl.too_long_ = part.size() > impl.max_length_ - impl.body_.size();
  if (impl.too_long_) return 0;
  impl.body_.insert(impl.body_.end(), part.begin(), part.end());
  return part.size();
}

void HttpGet::Impl::set_up(const std::string& url) {
  curl_easy_reset(curl_);  // options only: the connection stays
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl_, CURLOPT_PATH_AS_IS, 1L);  // "..", if it is in a name, is none in a path
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(curl_, CURLOPT_FAILONERROR, 1L);  // the body of an error is not read
  curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, kUserAgent.data());
  curl_easy_setopt(curl_, CURLOPT_PROXY, "");  // also none from the environment
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, kConnectTimeout);
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, kSlowest);
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, kStallTimeout);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Impl::on_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
}

Result<std::optional<Bytes>> HttpGet::Impl::get(const std::string& url, std::uint64_t max_length) {
  body_.clear();
  max_length_ = max_length;
  too_long_ = false;
  detail_.front() = '\0';
  set_up(url);
  const CURLcode code = curl_easy_perform(curl_);
  if (too_long_)
    return fail(ErrorKind::kLimit, url + " is longer than " + std::to_string(max_length) + " bytes");
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  if (status == kStatusNotFound) return std::optional<Bytes>();
  if (code != CURLE_OK) {
    const char* const why = detail_.front() != '\0' ? detail_.data() : curl_easy_strerror(code);
    return fail(ErrorKind::kNetwork, url + ": " + why);
  }
  if (status != kStatusOk) return fail(ErrorKind::kNetwork, url + ": status " + std::to_string(status));
  return std::optional<Bytes>(std::move(body_));
}

HttpGet::HttpGet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpGet::~HttpGet() = default;
HttpGet::HttpGet(HttpGet&&) noexcept = default;
HttpGet& HttpGet::operator=(HttpGet&&) noexcept = default;

Result<HttpGet> HttpGet::open(std::string base_url) {
  if (!is_allowed(base_url)) {
    return fail(ErrorKind::kUsage, base_url + ": wanted is https://, or http:// to this machine itself");
  }
  auto impl = std::make_unique<Impl>(std::move(base_url));
  if (!impl->ready()) return fail(ErrorKind::kNetwork, "libcurl could not be set up");
  return HttpGet(std::move(impl));
}

Result<std::optional<Bytes>> HttpGet::get(std::string_view path, std::uint64_t max_length) {
  return impl_->get(impl_->url_of(path), max_length);
}

}  // namespace skiff::cli
