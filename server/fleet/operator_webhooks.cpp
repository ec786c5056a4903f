// What OperatorApi does about webhooks.
#include "fleet/listings.hpp"
#include "fleet/operator_api.hpp"
#include "webhooks/address.hpp"

namespace skiff::server {
namespace {

constexpr std::int64_t kMostWebhook = std::int64_t{1} << 40;

std::string object_of(std::int64_t id) { return "webhook " + std::to_string(id); }

}  // namespace

Result<OperatorApi::Intent> OperatorApi::see_webhooks(const OperatorBody&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Webhook> hooks, stores_.webhooks.list());
                  return answer_list("webhooks", listed(hooks));
                }};
}

Result<OperatorApi::Intent> OperatorApi::add_webhook(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string url, body.text("url"));
  SKIFF_ASSIGN(const std::vector<std::string> events, body.texts("events"));
  // The audit has the host alone: what follows it may be what its owner lets nobody else know.
  SKIFF_ASSIGN(const WebhookUrl parsed, parse_webhook_url(url));
  return Intent{"", parsed.host, "", [this, url, events](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const MadeWebhook made, stores_.webhooks.add(url, events, clock_()));
                  return Json(Json::Object{{"v", 1}, {"id", made.id}, {"secret", made.secret}});
                }};
}

Result<OperatorApi::Intent> OperatorApi::remove_webhook(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::int64_t id, body.number_or("id", 0, kMostWebhook));
  return Intent{"", object_of(id), "", [this, id](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.webhooks.remove(id));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::test_webhook(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::int64_t id, body.number_or("id", 0, kMostWebhook));
  return Intent{"", object_of(id), "", [this, id](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::string event, stores_.webhooks.test(id, clock_()));
                  return Json(Json::Object{{"v", 1}, {"event", event}});
                }};
}

}  // namespace skiff::server
