#include "store/outbox.hpp"

#include <algorithm>
#include <ctime>

#include "skiff/trust.hpp"
#include "store/alarms.hpp"
#include "store/database.hpp"
#include "store/webhooks.hpp"

namespace skiff::server {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::int64_t kFirstRetry = 5;

/// "2026-11-27T09:00:00Z"
std::string utc_text(std::int64_t time) {
  const auto seconds = static_cast<std::time_t>(time);
  std::tm parts{};
  std::array<char, 32> text{};
  const std::size_t length = ::gmtime_r(&seconds, &parts) == nullptr
                                 ? 0
                                 : std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

std::string body_of(const Event& event) {
  return json_text(
      Json::Object{{"type", event.kind}, {"timestamp", utc_text(event.time)}, {"data", event.data}});
}

/// How the last try went, as listings show it.
void note_error(soci::session& sql, std::int64_t hook, const std::string& error) {
  const Integer id = hook;
  sql << "UPDATE webhooks SET error = :error WHERE id = :id", soci::use(error), soci::use(id);
}

void raise_failing(soci::session& sql, std::int64_t hook, const std::string& detail, std::int64_t now) {
  raise_alarm(sql, {std::string(kFailingWebhook), "webhook " + std::to_string(hook), detail}, now);
}

/// Forgets the webhook's events that are too old; how many.
std::uint64_t give_up(soci::session& sql, std::int64_t hook, std::int64_t now) {
  const Integer id = hook;
  const Integer oldest = now - kGiveUpAfter;
  soci::statement remove = (sql.prepare << "DELETE FROM outbox WHERE hook = :hook AND created <= :oldest",
                            soci::use(id), soci::use(oldest));
  remove.execute(true);
  return static_cast<std::uint64_t>(remove.get_affected_rows());
}

Delivery read_delivery(const soci::row& row) {
  Delivery delivery;
  delivery.number = row.get<Integer>("number");
  delivery.hook = row.get<Integer>("hook");
  delivery.url = row.get<std::string>("url");
  delivery.secret = row.get<std::string>("secret");
  delivery.id = row.get<std::string>("id");
  delivery.body = row.get<std::string>("body");
  delivery.created = row.get<Integer>("created");
  delivery.attempts = unsigned_column(row, "attempts");
  return delivery;
}

}  // namespace

void post_event(soci::session& sql, const Event& event) {
  for (const Webhook& hook : read_webhooks(sql)) {
    if (hook.disabled.empty() && wants(hook.events, event.kind)) post_event_to(sql, hook.id, event);
  }
}

std::string post_event_to(soci::session& sql, std::int64_t hook, const Event& event) {
  Integer number = 0;
  sql << "SELECT COALESCE(MAX(number), 0) + 1 FROM outbox", soci::into(number);
  const std::string id = "msg_" + to_hex(random_bytes(kIdBytes));
  const std::string body = body_of(event);
  const Integer to = hook;
  const Integer created = event.time;
  sql << "INSERT INTO outbox (number, hook, id, body, created, attempts, not_before)"
         " VALUES (:number, :hook, :id, :body, :created, 0, 0)",
      soci::use(number), soci::use(to), soci::use(id), soci::use(body), soci::use(created);
  return id;
}

std::int64_t retry_ceiling(std::uint64_t attempts) {
  std::int64_t seconds = kFirstRetry;
  for (std::uint64_t i = 1; i < attempts && seconds < kLongestRetry; ++i) seconds *= 2;
  return std::min(seconds, kLongestRetry);
}

Result<std::vector<Delivery>> OutboxStore::due(std::int64_t now) {
  return database_.transact("look into the outbox", [&](soci::session& sql) {
    std::vector<Delivery> deliveries;
    const Integer time = now;
    const soci::rowset<soci::row> rows =
        (sql.prepare
             << "SELECT o.number AS number, o.hook AS hook, h.url AS url, h.secret AS secret, o.id AS id,"
                " o.body AS body, o.created AS created, o.attempts AS attempts"
                " FROM outbox o JOIN webhooks h ON h.id = o.hook"
                " WHERE h.disabled = '' AND o.not_before <= :now"
                " AND o.number = (SELECT MIN(number) FROM outbox WHERE hook = o.hook) ORDER BY o.number",
         soci::use(time));
    for (const soci::row& row : rows) deliveries.push_back(read_delivery(row));
    return deliveries;
  });
}

Result<void> OutboxStore::note_sent(const Delivery& delivery, std::int64_t now) {
  return database_.transact("note what was sent", [&](soci::session& sql) {
    const Integer number = delivery.number;
    const Integer hook = delivery.hook;
    const Integer sent = now;
    sql << "DELETE FROM outbox WHERE number = :number AND id = :id", soci::use(number),
        soci::use(delivery.id);
    sql << "UPDATE webhooks SET sent = :sent, error = '' WHERE id = :id", soci::use(sent), soci::use(hook);
  });
}

Result<void> OutboxStore::note_failed(const Delivery& delivery, const std::string& error, std::int64_t wait,
                                      std::int64_t now) {
  return database_.transact("note what was not sent", [&](soci::session& sql) {
    note_error(sql, delivery.hook, error);
    if (now - delivery.created >= kGiveUpAfter) {
      const std::uint64_t lost = give_up(sql, delivery.hook, now);
      raise_failing(sql, delivery.hook, std::to_string(lost) + " events were given up: " + error, now);
      return;
    }
    const Integer number = delivery.number;
    const Integer next = now + wait;
    sql << "UPDATE outbox SET attempts = attempts + 1, not_before = :next WHERE number = :number AND id = "
           ":id",
        soci::use(next), soci::use(number), soci::use(delivery.id);
  });
}

Result<void> OutboxStore::note_gone(const Delivery& delivery, std::int64_t now) {
  return database_.transact("disable a webhook", [&](soci::session& sql) {
    const Integer hook = delivery.hook;
    sql << "UPDATE webhooks SET disabled = 'it answered 410' WHERE id = :id", soci::use(hook);
    sql << "DELETE FROM outbox WHERE hook = :hook", soci::use(hook);
    raise_failing(sql, delivery.hook, "it answered 410, and is disabled", now);
  });
}

}  // namespace skiff::server
