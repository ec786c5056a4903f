#include "webhooks/poster.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <map>

#include "webhooks/address.hpp"

namespace skiff::server {
namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;
struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

HeaderList header_list(const std::vector<std::string>& headers) {
  curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json");
  list = curl_slist_append(list, "Expect:");  // bodies are small
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  return HeaderList(list);
}

/// "192.0.2.1"; empty: neither IPv4 nor IPv6.
std::string address_text(const struct sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address.sa_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  if (address.sa_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (bytes == nullptr || ::inet_ntop(address.sa_family, bytes, text.data(), text.size()) == nullptr)
    return {};
  return text.data();
}

std::size_t pass_over(char*, std::size_t size, std::size_t count, void*) { return size * count; }

/// One post under way.
class Exchange {
 public:
  Exchange(Post post, const PosterOptions& options, bool is_plain)
      : post_(std::move(post)),
        options_(options),
        is_plain_(is_plain),
        headers_(header_list(post_.headers)),
        easy_(curl_easy_init()) {
    if (easy_ != nullptr) set_up();
  }
  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] Posted outcome(CURLcode code) const {
    Posted posted{post_.to, 0, "", 0};
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &posted.status);
    if (code == CURLE_OK) {
      curl_off_t seconds = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
      posted.retry_after = seconds;
      return posted;
    }
    posted.status = 0;  // an answer that was broken off is none
    posted.error = !refused_.empty()    ? refused_
                   : detail_[0] != '\0' ? detail_.data()
                                        : curl_easy_strerror(code);
    return posted;
  }

 private:
  void set_up() {
    CURL* const easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, post_.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_plain_ ? "http" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    if (!options_.ca.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post_.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post_.body.size()));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "skiff-server");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, pass_over);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  }

  static curl_socket_t on_open(void* self, curlsocktype, struct curl_sockaddr* address) {
    return static_cast<Exchange*>(self)->open(*address);
  }
  curl_socket_t open(const struct curl_sockaddr& address) {
    const std::string text = address_text(address.addr);
    if (!is_allowed(kind_of_address(text))) {
      refused_ = "its address " + text + " is not one that events may be sent to";
      return CURL_SOCKET_BAD;
    }
    return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  }
  [[nodiscard]] bool is_allowed(AddressKind kind) const {
    if (is_plain_) return kind == AddressKind::kLoopback;
    return kind == AddressKind::kOrdinary || options_.allow_local;
  }

  Post post_;
  const PosterOptions& options_;
  bool is_plain_;
  std::string refused_;
  std::array<char, CURL_ERROR_SIZE> detail_ = {};  ///< libcurl's own words on what went wrong
  HeaderList headers_;
  std::unique_ptr<CURL, FreeEasy> easy_;
};

}  // namespace

class Poster::Impl {
 public:
  explicit Impl(PosterOptions options) : options_(std::move(options)), multi_(curl_multi_init()) {}
  ~Impl() {
    for (const auto& [easy, exchange] : under_way_) curl_multi_remove_handle(multi_, easy);
    under_way_.clear();
    curl_multi_cleanup(multi_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void begin(Post post) {
    const std::int64_t to = post.to;
    const auto url = parse_webhook_url(post.url);
    if (!url) return refuse(to, url.error().text());
    if (url->is_plain && !options_.allow_plain) return refuse(to, "http:// is not allowed here");
    auto exchange = std::make_unique<Exchange>(std::move(post), options_, url->is_plain);
    CURL* const easy = exchange->easy();
    if (easy == nullptr || curl_multi_add_handle(multi_, easy) != CURLM_OK)
      return refuse(to, "out of memory");
    under_way_.emplace(easy, std::move(exchange));
  }

  std::vector<Posted> wait(std::chrono::milliseconds longest) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point end = Clock::now() + longest;
    for (;;) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      take_ended();
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
      if (!ended_.empty() || left.count() <= 0 || woken_.exchange(false)) return std::exchange(ended_, {});
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>(left.count()), nullptr);
    }
  }

  void wake() {
    woken_ = true;
    curl_multi_wakeup(multi_);
  }

 private:
  void refuse(std::int64_t to, std::string why) { ended_.push_back({to, 0, std::move(why), 0}); }
  void take_ended() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      ended_.push_back(under_way_.at(easy)->outcome(message->data.result));
      curl_multi_remove_handle(multi_, easy);
      under_way_.erase(easy);
    }
  }

  PosterOptions options_;
  CURLM* multi_;
  std::map<CURL*, std::unique_ptr<Exchange>> under_way_;
  std::vector<Posted> ended_;
  std::atomic<bool> woken_ = false;
};

Poster::Poster(PosterOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Poster::~Poster() = default;
void Poster::begin(Post post) { impl_->begin(std::move(post)); }
std::vector<Posted> Poster::wait(std::chrono::milliseconds longest) { return impl_->wait(longest); }
void Poster::wake() { impl_->wake(); }

}  // namespace skiff::server
