#include "store/webhooks.hpp"

#include <algorithm>
#include <sstream>

#include "store/database.hpp"
#include "store/outbox.hpp"
#include "webhooks/address.hpp"
#include "webhooks/signature.hpp"

namespace skiff::server {
namespace {

constexpr std::size_t kLongestUrl = 256;
constexpr int kMostWebhooks = 32;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

Result<void> check_events(const std::vector<std::string>& events) {
  for (const std::string& wanted : events) {
    const bool is_known = std::any_of(kEventKinds.begin(), kEventKinds.end(),
                                      [&](std::string_view kind) { return wants({wanted}, kind); });
    if (!is_known) return fail(ErrorKind::kUsage, "events: there are none of the kind " + wanted);
  }
  return {};
}

bool has_webhook(soci::session& sql, Integer id) {
  int found = 0;
  sql << "SELECT COUNT(*) FROM webhooks WHERE id = :id", soci::use(id), soci::into(found);
  return found != 0;
}

bool is_active(soci::session& sql, Integer id) {
  int found = 0;
  sql << "SELECT COUNT(*) FROM webhooks WHERE id = :id AND disabled = ''", soci::use(id), soci::into(found);
  return found != 0;
}

}  // namespace

bool wants(const std::vector<std::string>& events, std::string_view kind) {
  return events.empty() || std::any_of(events.begin(), events.end(), [&](const std::string& wanted) {
           const std::string_view beginning = std::string_view(wanted).substr(0, wanted.size() - 1);
           return wanted == kind || (wanted.ends_with(".*") && kind.starts_with(beginning));
         });
}

std::vector<Webhook> read_webhooks(soci::session& sql) {
  std::vector<Webhook> hooks;
  const soci::rowset<soci::row> rows =
      sql.prepare << "SELECT id, url, events, created, disabled, sent, error FROM webhooks ORDER BY id";
  for (const soci::row& row : rows) {
    hooks.push_back({row.get<Integer>("id"), row.get<std::string>("url"),
                     split(row.get<std::string>("events")), row.get<Integer>("created"),
                     row.get<std::string>("disabled"), row.get<Integer>("sent"),
                     row.get<std::string>("error")});
  }
  return hooks;
}

Result<MadeWebhook> WebhookStore::add(const std::string& url, const std::vector<std::string>& events,
                                      std::int64_t now) {
  if (url.size() > kLongestUrl) return fail(ErrorKind::kUsage, "url: it is longer than 256 bytes");
  SKIFF_TRY(parse_webhook_url(url));
  SKIFF_TRY(check_events(events));
  MadeWebhook made{0, new_webhook_secret()};
  const auto done = database_.transact("make a webhook", [&](soci::session& sql) {
    int count = 0;
    Integer id = 0;
    sql << "SELECT COUNT(*), COALESCE(MAX(id), 0) + 1 FROM webhooks", soci::into(count), soci::into(id);
    if (count >= kMostWebhooks) return false;
    const std::string kinds = joined(events);
    const Integer created = now;
    sql << "INSERT INTO webhooks (id, url, events, secret, created, disabled, sent, error)"
           " VALUES (:id, :url, :events, :secret, :created, '', 0, '')",
        soci::use(id), soci::use(url), soci::use(kinds), soci::use(made.secret), soci::use(created);
    made.id = id;
    return true;
  });
  if (!done) return tl::unexpected(done.error());
  if (!*done) return fail(ErrorKind::kUsage, "there are 32 webhooks already");
  return made;
}

Result<void> WebhookStore::remove(std::int64_t id) {
  const auto done = database_.transact("end a webhook", [&](soci::session& sql) {
    const Integer hook = id;
    if (!has_webhook(sql, hook)) return false;
    sql << "DELETE FROM outbox WHERE hook = :hook", soci::use(hook);
    sql << "DELETE FROM webhooks WHERE id = :id", soci::use(hook);
    return true;
  });
  if (!done) return tl::unexpected(done.error());
  if (!*done) return fail(ErrorKind::kNotFound, "there is no webhook " + std::to_string(id));
  return {};
}

Result<std::string> WebhookStore::test(std::int64_t id, std::int64_t now) {
  const auto posted = database_.transact("test a webhook", [&](soci::session& sql) {
    return is_active(sql, id) ? post_event_to(sql, id, {kWebhookTest, {}, now}) : std::string();
  });
  if (posted && posted->empty()) {
    return fail(ErrorKind::kNotFound, "there is no webhook " + std::to_string(id) + " that is active");
  }
  return posted;
}

Result<std::vector<Webhook>> WebhookStore::list() {
  return database_.transact("list webhooks", [](soci::session& sql) {
    std::vector<Webhook> hooks = read_webhooks(sql);
    for (Webhook& hook : hooks) {
      const Integer id = hook.id;
      Integer waiting = 0;
      sql << "SELECT COUNT(*) FROM outbox WHERE hook = :hook", soci::use(id), soci::into(waiting);
      hook.waiting = static_cast<std::uint64_t>(waiting);
    }
    return hooks;
  });
}

}  // namespace skiff::server
