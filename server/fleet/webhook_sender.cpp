#include "fleet/webhook_sender.hpp"

#include <algorithm>

#include "event_log.hpp"
#include "webhooks/signature.hpp"

namespace skiff::server {
namespace {

constexpr std::chrono::milliseconds kTick{1'000};  // between looks into the outbox
constexpr long kGone = 410;
constexpr long kTooManyRequests = 429;
constexpr long kUnavailable = 503;

bool is_taken(const Posted& posted) { return posted.status >= 200 && posted.status < 300; }

std::string error_of(const Posted& posted) {
  if (posted.status == 0) return posted.error;
  return "it answered " + std::to_string(posted.status);
}

template <typename T>
void check(const Result<T>& outcome) {
  if (!outcome) log_event(Severity::kError, "outbox-failed", {{"error", outcome.error().text()}});
}

}  // namespace

Result<Post> post_of(const Delivery& delivery, std::int64_t now) {
  SKIFF_ASSIGN(const std::string signature,
               webhook_signature(delivery.secret, delivery.id, now, delivery.body));
  return Post{delivery.hook,
              delivery.url,
              {"webhook-id: " + delivery.id, "webhook-timestamp: " + std::to_string(now),
               "webhook-signature: " + signature},
              delivery.body};
}

std::int64_t retry_wait(const Posted& posted, std::int64_t drawn) {
  if (posted.status != kTooManyRequests && posted.status != kUnavailable) return drawn;
  return std::clamp(posted.retry_after, drawn, kLongestRetry);
}

WebhookSender::WebhookSender(OutboxStore& outbox, Leadership& leadership, PosterOptions options,
                             WallClock clock)
    : outbox_(outbox), leadership_(leadership), clock_(std::move(clock)), poster_(std::move(options)) {
  thread_ = std::thread([this] { run(); });
}

WebhookSender::~WebhookSender() { stop(); }

void WebhookSender::stop() {
  stopping_ = true;
  poster_.wake();
  if (thread_.joinable()) thread_.join();
}

void WebhookSender::run() {
  while (!stopping_) {
    if (leadership_.has()) send_due();
    for (const Posted& posted : poster_.wait(kTick)) take(posted);
  }
}

void WebhookSender::send_due() {
  auto due = outbox_.due(clock_());
  check(due);
  if (!due) return;
  for (Delivery& delivery : *due) {
    if (under_way_.contains(delivery.hook)) continue;
    auto post = post_of(delivery, clock_());
    const std::int64_t hook = delivery.hook;
    under_way_.emplace(hook, std::move(delivery));
    if (post) {
      poster_.begin(*std::move(post));
    } else {
      take({hook, 0, post.error().text(), 0});
    }
  }
}

void WebhookSender::take(const Posted& posted) {
  const auto found = under_way_.extract(posted.to);
  if (found.empty()) return;
  const Delivery& delivery = found.mapped();
  if (!is_taken(posted)) return check(note_failed(delivery, posted));
  log_event(Severity::kDebug, "webhook-sent",
            {{"webhook", static_cast<std::uint64_t>(delivery.hook)}, {"id", delivery.id}});
  check(outbox_.note_sent(delivery, clock_()));
}

Result<void> WebhookSender::note_failed(const Delivery& delivery, const Posted& posted) {
  const std::int64_t now = clock_();
  const bool is_gone = posted.status == kGone;
  const std::int64_t longest = retry_ceiling(delivery.attempts + 1);
  const std::int64_t wait =
      is_gone ? 0 : retry_wait(posted, std::uniform_int_distribution<std::int64_t>(1, longest)(random_));
  log_event(Severity::kWarning, "webhook-failed",
            {{"webhook", static_cast<std::uint64_t>(delivery.hook)},
             {"id", delivery.id},
             {"tries", delivery.attempts + 1},
             {"wait", static_cast<std::uint64_t>(wait)},
             {"error", error_of(posted)}});
  return is_gone ? outbox_.note_gone(delivery, now)
                 : outbox_.note_failed(delivery, error_of(posted), wait, now);
}

}  // namespace skiff::server
