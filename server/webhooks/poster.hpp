// Poster: sends bodies over HTTPS to several places at once, and waits for none of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace skiff::server {

struct PosterOptions {
  std::filesystem::path ca;  ///< PEM: the only authorities believed; empty: the system's
  bool allow_local = false;  ///< addresses of this machine, of its link, and of metadata services, too
  bool allow_plain = false;  ///< http:// to addresses of this machine, too
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{30'000};  ///< of a whole exchange
};

struct Post {
  std::int64_t to = 0;  ///< whom it is for: one at a time
  std::string url;      ///< as parse_webhook_url() takes it
  std::vector<std::string> headers;
  std::string body;  ///< JSON
};

/// How it ended.
struct Posted {
  std::int64_t to = 0;
  long status = 0;               ///< of HTTP; 0: there was no answer
  std::string error;             ///< without an answer: why
  std::int64_t retry_after = 0;  ///< seconds that the answer asks to wait (Retry-After, RFC 9110, 10.2.3)
};

/// Redirects are not followed, proxies not used, answers not read. An address is judged after names were
/// looked up, when a connection is made to it. For one thread, but for wake().
class Poster {
 public:
  explicit Poster(PosterOptions options);
  ~Poster();
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;

  /// Begins an exchange; what it says is in a later wait().
  void begin(Post post);
  /// Works on what is under way for so long at most, or until something ended, or wake(): what ended.
  std::vector<Posted> wait(std::chrono::milliseconds longest);
  /// Ends a wait() in another thread.
  void wake();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::server
