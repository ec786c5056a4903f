#include "tests/server/secret_watch.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <deque>
#include <mutex>
#include <set>

#include "event_log.hpp"

namespace skiff::server::test {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kLines = 64;  // that are kept: who makes a secret may log it before a test knows it

class SecretWatch final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void keep(const std::string& secret) {
    const std::lock_guard lock(mutex_);
    if (secret.size() < kShortest || !secrets_.insert(secret).second) return;
    for (const std::string& line : lines_) compare(line, secret);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_.emplace_back(message.payload.data(), message.payload.size());
    if (lines_.size() > kLines) lines_.pop_front();
    for (const std::string& secret : secrets_) compare(lines_.back(), secret);
  }
  void flush_() override {}

 private:
  static void compare(const std::string& line, const std::string& secret) {
    if (line.find(secret) != std::string::npos) ADD_FAILURE() << "a secret is in the log: " << line;
  }

  std::deque<std::string> lines_;
  std::set<std::string> secrets_{"PRIVATE KEY", "Bearer "};
};

/// Before the first test, and the first thread that logs.
SecretWatch& watch() {
  static const std::shared_ptr<SecretWatch> kWatch = [] {
    auto made = std::make_shared<SecretWatch>();
    log_event(Severity::kDebug, "begin");  // the log is made when it is first used
    spdlog::get("skiff")->sinks().push_back(made);
    return made;
  }();
  return *kWatch;
}

const bool kBegan = (watch(), true);

}  // namespace

void keep_secret(const std::string& secret) { watch().keep(secret); }

}  // namespace skiff::server::test
