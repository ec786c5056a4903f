// The outbox: events that webhooks have to be told of, written down with what they tell of and kept until
// they are sent.
#pragma once

#include <soci/soci.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "skiff/json.hpp"

namespace skiff::server {

class Database;

inline constexpr std::string_view kDeploymentCreated = "deployment.created";
inline constexpr std::string_view kDeploymentApproved = "deployment.approved";
inline constexpr std::string_view kDeploymentPaused = "deployment.paused";
inline constexpr std::string_view kDeploymentResumed = "deployment.resumed";
inline constexpr std::string_view kDeploymentAborted = "deployment.aborted";
inline constexpr std::string_view kDeploymentFinished = "deployment.finished";
inline constexpr std::string_view kAlarmRaised = "alarm.raised";
inline constexpr std::string_view kAlarmCleared = "alarm.cleared";
inline constexpr std::string_view kDevicePending = "device.pending";
inline constexpr std::string_view kUpdateCommitted = "update.committed";
inline constexpr std::string_view kUpdateRolledBack = "update.rolled-back";
inline constexpr std::string_view kUpdateFailed = "update.failed";
inline constexpr std::string_view kReleasePublished = "release.published";
inline constexpr std::string_view kSummaryDaily = "summary.daily";
inline constexpr std::string_view kWebhookTest = "webhook.test";
/// As OPERATORS.md lists them.
inline constexpr std::array kEventKinds = {
    kDeploymentCreated,  kDeploymentApproved, kDeploymentPaused, kDeploymentResumed, kDeploymentAborted,
    kDeploymentFinished, kAlarmRaised,        kAlarmCleared,     kDevicePending,     kUpdateCommitted,
    kUpdateRolledBack,   kUpdateFailed,       kReleasePublished, kSummaryDaily,      kWebhookTest};

struct Event {
  std::string_view kind;
  Json::Object data;      ///< as OPERATORS.md has it; never a secret
  std::int64_t time = 0;  ///< seconds since 1970 UTC
};

/// Writes an event down for each webhook that wants its kind, within the transaction of what it tells of.
void post_event(soci::session& sql, const Event& event);
/// The same for one webhook, whatever it wants. The event's id.
std::string post_event_to(soci::session& sql, std::int64_t hook, const Event& event);

/// An event that is to be sent to a webhook.
struct Delivery {
  std::int64_t number = 0;  ///< of all that are to be sent, in the order in which things happened
  std::int64_t hook = 0;
  std::string url;
  std::string secret;          ///< of the webhook: never to be logged
  std::string id;              ///< of the event: the same for every try
  std::string body;            ///< JSON
  std::int64_t created = 0;    ///< seconds since 1970 UTC
  std::uint64_t attempts = 0;  ///< that failed so far
};

inline constexpr std::int64_t kLongestRetry = std::int64_t{6} * 3'600;  ///< seconds between two tries
/// Seconds within which the next try comes, after so many that failed: 5, doubled with each, at most
/// kLongestRetry.
std::int64_t retry_ceiling(std::uint64_t attempts);

inline constexpr std::int64_t kGiveUpAfter =
    std::int64_t{3} * 86'400;  ///< seconds that an event is tried for

/// Thread-safe, as the database is. Errors: kIo.
class OutboxStore {
 public:
  explicit OutboxStore(Database& database) : database_(database) {}

  /// Of each webhook the oldest event, if it is its time: events of one webhook are sent one after the other.
  Result<std::vector<Delivery>> due(std::int64_t now);
  /// The webhook has it.
  Result<void> note_sent(const Delivery& delivery, std::int64_t now);
  /// It has not, and is tried again `wait` seconds from now; what is older than kGiveUpAfter is given up,
  /// with an alarm.
  Result<void> note_failed(const Delivery& delivery, const std::string& error, std::int64_t wait,
                           std::int64_t now);
  /// The webhook wants nothing any more: it is disabled, with an alarm, and its events are forgotten.
  Result<void> note_gone(const Delivery& delivery, std::int64_t now);

 private:
  Database& database_;
};

}  // namespace skiff::server
