// WebhookStore: where events are sent to, and which.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::server {

class Database;

struct Webhook {
  std::int64_t id = 0;
  std::string url;
  std::vector<std::string> events;  ///< kinds, or beginnings as "deployment.*"; none: all of them
  std::int64_t created = 0;         ///< seconds since 1970 UTC
  std::string disabled;             ///< why nothing is sent any more; empty: it is
  std::int64_t sent = 0;            ///< when it last took an event; 0: never
  std::string error;                ///< of the last try; empty: it succeeded
  std::uint64_t waiting = 0;        ///< events that are to be sent
};

/// Whether a webhook that wants `events` wants one of this kind.
bool wants(const std::vector<std::string>& events, std::string_view kind);

/// Within a transaction, by id.
std::vector<Webhook> read_webhooks(soci::session& sql);

/// What its maker is told once.
struct MadeWebhook {
  std::int64_t id = 0;
  std::string secret;  ///< "whsec_" and base64: the key of its signatures
};

/// Thread-safe, as the database is. Errors: kIo, and as said.
class WebhookStore {
 public:
  explicit WebhookStore(Database& database) : database_(database) {}

  /// kUsage: a URL that is not https:// (http:// of the loopback is taken), has a user or is too long, a kind
  /// of events that there is not, or 32 webhooks.
  Result<MadeWebhook> add(const std::string& url, const std::vector<std::string>& events, std::int64_t now);
  /// Ends it, with what was to be sent. kNotFound.
  Result<void> remove(std::int64_t id);
  /// Sends it an event of the kind webhook.test; that event's id. kNotFound, also where it is disabled.
  Result<std::string> test(std::int64_t id, std::int64_t now);
  /// By id.
  Result<std::vector<Webhook>> list();

 private:
  Database& database_;
};

}  // namespace skiff::server
