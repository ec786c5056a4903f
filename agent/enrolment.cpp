#include "agent/enrolment.hpp"

#include "agent/machine/trusted_time.hpp"
#include "agent/net/certificate.hpp"
#include "agent/net/client_key.hpp"
#include "agent/net/http_client.hpp"
#include "agent/system/log.hpp"
#include "agent/system/posix_clock.hpp"
#include "skiff/json.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kMaxAnswer = 65'536;
constexpr std::chrono::seconds kDeadline{120};
constexpr std::int64_t kRetry = 3'600;  // seconds

/// The device may have no state yet: the clock is all there is, and the time when the agent was built.
HttpOptions http_options(const Config& config, const EnrolmentOptions& options) {
  HttpOptions http;
  http.base_url = options.url.empty() ? config.server : options.url;
  http.ca = config.ca;
  http.proxy = config.proxy;
  http.now = trusted_time({.clock = PosixClock().wall(), .build = kBuildTime});
  if (options.url.empty()) {
    http.certificate = config.certificate;
    http.key = config.key;
  }
  return http;
}

Result<void> keep(const Config& config, ByteView answer) {
  SKIFF_ASSIGN(const Json json, parse_json(answer));
  SKIFF_ASSIGN(const std::string certificate, string_member(json, "certificate"));
  PosixStorage storage;
  return replace(storage, config.certificate, as_bytes(certificate));
}

}  // namespace

Result<ExitCode> enrol(const Config& config, const EnrolmentOptions& options) {
  SKIFF_ASSIGN(const std::string request, certificate_request(config, options.serial));
  SKIFF_ASSIGN(HttpClient client, HttpClient::open(http_options(config, options)));
  HttpRequest post;
  post.path = options.url.empty() ? "/v1/renew" : "/v1/enrol";
  post.body = json_text(Json(Json::Object{{"v", 1}, {"request", request}}));
  post.deadline = kDeadline;
  const auto answered = client.fetch(post, kMaxAnswer);
  const long status = answered ? answered->first.status : 0;
  log_event("enrolment", {{"serial", options.serial}, {"status", std::to_string(status)}});
  if (status == 200) {
    SKIFF_TRY(keep(config, answered->second));
    return kExitDone;
  }
  const bool later = status == 0 || status == 202 || status == 429 || status >= 500;
  return later ? kExitLater : kExitError;
}

void Renewal::keep_up(const Config& config) {
  const std::int64_t now = trusted_time({.clock = PosixClock().wall(), .build = kBuildTime});
  if (now < next_try_) return;
  const auto life = certificate_life(config.certificate);
  if (!life || !life->is_due(now)) return;
  next_try_ = now + kRetry;
  const auto renewed = enrol(config, {life->serial, ""});
  if (!renewed) log_event("renewal-failed", {{"error", renewed.error().text()}});
}

}  // namespace skiff::agent
