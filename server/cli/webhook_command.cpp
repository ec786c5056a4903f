// `skiff-server webhook`: where events are sent to.
#include <ctime>
#include <iostream>

#include "cli/verbs.hpp"
#include "fleet/listings.hpp"

namespace skiff::server {
namespace {

struct Arguments {
  StateArguments state;
  std::string url;
  std::vector<std::string> events;
  std::int64_t id = 0;
};

Result<void> add_webhook(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  SKIFF_ASSIGN(const MadeWebhook made,
               WebhookStore(*database).add(arguments.url, arguments.events, std::time(nullptr)));
  std::cout << made.id << '\t' << made.secret << '\n';
  return {};
}

Result<void> remove_webhook(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  return WebhookStore(*database).remove(arguments.id);
}

Result<void> test_webhook(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  SKIFF_ASSIGN(const std::string event, WebhookStore(*database).test(arguments.id, std::time(nullptr)));
  std::cout << event << '\n';
  return {};
}

}  // namespace

void add_webhook_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> webhook(app, "webhook", "Where events are sent to", chosen);
  Arguments& arguments = webhook.arguments();
  webhook.add_list("list", "Show every webhook, and how it does", shell::webhooks_table(),
                   [](Database& database, const Arguments&) -> Result<Json::Array> {
                     SKIFF_ASSIGN(const std::vector<Webhook> hooks, WebhookStore(database).list());
                     return listed(hooks);
                   });
  CLI::App* const add = webhook.add(
      "add", "Make a webhook; prints its number and its secret, which is not shown again", add_webhook);
  add->add_option("URL", arguments.url, "https:// where events are posted to")->required();
  add->add_option("--event", arguments.events,
                  "Kind of events, or beginning as deployment.*; may be repeated; all of them unless told");
  CLI::App* const remove = webhook.add("remove", "End a webhook, with what was to be sent", remove_webhook);
  CLI::App* const test =
      webhook.add("test", "Send it an event as a test; prints the event's number", test_webhook);
  for (CLI::App* const verb : {remove, test}) verb->add_option("ID", arguments.id, "Its number")->required();
}

}  // namespace skiff::server
