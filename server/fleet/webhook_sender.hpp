// WebhookSender: sends what is in the outbox, on a thread of its own. Of several servers one does so.
#pragma once

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "fleet/device_api.hpp"
#include "store/leadership.hpp"
#include "store/outbox.hpp"
#include "webhooks/poster.hpp"

namespace skiff::server {

/// The request by which an event is sent at this time. kFormat: its webhook has no such secret.
Result<Post> post_of(const Delivery& delivery, std::int64_t now);

/// Seconds until an event that was not taken is sent again: `drawn`, or longer where the answer was 429 or
/// 503 and asked for that; at most as long as any retry waits.
std::int64_t retry_wait(const Posted& posted, std::int64_t drawn);

/// Events are sent at least once each, those of one webhook in order: one that was not taken is tried again
/// after a random time within retry_ceiling(), and those after it wait.
class WebhookSender {
 public:
  /// Starts the thread. What it refers to outlives it.
  WebhookSender(OutboxStore& outbox, Leadership& leadership, PosterOptions options, WallClock clock);
  /// As stop().
  ~WebhookSender();
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  /// Breaks off what is under way: it is sent by the next.
  void stop();

 private:
  void run();
  void send_due();
  void take(const Posted& posted);
  Result<void> note_failed(const Delivery& delivery, const Posted& posted);

  OutboxStore& outbox_;
  Leadership& leadership_;
  WallClock clock_;
  Poster poster_;
  std::map<std::int64_t, Delivery> under_way_;  ///< by webhook
  std::mt19937 random_{std::random_device{}()};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace skiff::server
