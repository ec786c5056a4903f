// skiff group, budget, alarm, webhook, token and delta: what a server's fleet is run by.
#include <CLI/CLI.hpp>
#include <charconv>

#include "cli/remote_verbs.hpp"
#include "cli/server_commands.hpp"

namespace skiff::cli {
namespace {

const shell::Table& tokens_table() {
  static const shell::Table kTable = {"tokens", {"id", "kind", "roles", "issued", "expires", "asks"}};
  return kTable;
}

const shell::Table& deltas_table() {
  static const shell::Table kTable = {
      "deltas",
      {"state", "from", "release", "devices", "urgent", "attempts", "bytes", "error", "base", "result"}};
  return kTable;
}

Result<std::int64_t> whole_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return number;
  return fail(ErrorKind::kUsage, "'" + text + "' is not the number of a deployment");
}

/// What a budget is of by its name, as `skiff-server budget` takes it: a deployment's is its number.
Result<void> name_subject(Json::Object& body) {
  const std::string name = *body.at("name").string();
  body.erase("name");
  if (*body.at("of").string() != "deployment") {
    body["group"] = name;
    return {};
  }
  SKIFF_ASSIGN(body["deployment"], whole_number(name));
  return {};
}

}  // namespace

void add_group_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "group", "Sets of devices of a server, listed or by a filter", chosen);
  verbs.get("list", "Show the groups that your grants reach", "/v1/groups", as_table(shell::groups_table()));
  verbs.post("create", "Make a group, or change it", {"/v1/groups/create", {}})
      .text("GROUP", "group", "its name")
      .text("--filter", "filter",
            "its devices, as \"hardware=gw1 version!=2.0 serial=EU-*\"; listed unless told")
      .flag("--protected", "protected", "its devices take no update that a second person has not approved")
      .flag("--metered", "metered", "its devices pay for their link by the byte");
  verbs.post("remove", "End a group", {"/v1/groups/remove", {}}).text("GROUP", "group", "its name");
  for (const auto& [name, description, path] :
       {std::tuple("add", "List devices in a group", "/v1/groups/add"),
        std::tuple("take", "Take devices out of a group", "/v1/groups/take")}) {
    verbs.post(name, description, {path, {}})
        .text("GROUP", "group", "its name")
        .texts("SERIAL", "serials", "of devices");
  }
}

void add_budget_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "budget", "Bytes that devices, groups and deployments may receive", chosen);
  verbs.get("list", "Show the budgets that your grants reach, and what is spent of them", "/v1/budgets",
            as_table(shell::budgets_table()));
  const auto add = [&](const char* name, const char* description, const char* path) {
    const RemoteVerb verb = verbs.post(name, description, {path, {{"period", "month"}}, name_subject});
    verb.text("OF", "of", "devices: each device of a group; group: all of them together; deployment")
        .text("NAME", "name", "group, \"\" for all devices, or number of the deployment")
        .text("--period", "period",
              "day or month (UTC): month unless told; all for a deployment's whole life");
    return verb;
  };
  add("set", "Make a budget, or give it other bytes", "/v1/budgets/set")
      .required_number("--bytes", "bytes", "that may be received in the period");
  add("remove", "End a budget", "/v1/budgets/remove");
}

void add_alarm_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "alarm", "Show a server's alarms and clear them", chosen);
  verbs.get("list", "Show every alarm, the latest first", "/v1/alarms", as_table(shell::alarms_table()));
  verbs.post("clear", "Forget an alarm that was dealt with", {"/v1/alarms/clear", {}})
      .text("KIND", "kind", "as listed")
      .text("SUBJECT", "subject", "as listed");
}

void add_webhook_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "webhook", "Where a server's events are sent to", chosen);
  verbs.get("list", "Show every webhook, and how it does", "/v1/webhooks", as_table(shell::webhooks_table()));
  verbs
      .post("add", "Make a webhook; prints its number and its secret, which is not shown again",
            {"/v1/webhooks/add", {}}, as_line({"id", "secret"}))
      .text("URL", "url", "https:// where events are posted to")
      .texts("--event", "events",
             "kind of events, or beginning as deployment.*; may be repeated; all of them unless told");
  verbs.post("remove", "End a webhook, with what was to be sent", {"/v1/webhooks/remove", {}})
      .number("ID", "id", "its number");
  verbs
      .post("test", "Send it an event as a test; prints the event's number", {"/v1/webhooks/test", {}},
            as_line({"event"}))
      .number("ID", "id", "its number");
}

void add_delta_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "delta", "Deltas that a server makes", chosen);
  verbs.get("list", "Show every delta that is to be made, or was", "/v1/deltas", as_table(deltas_table()));
  for (const auto& [name, description, path] :
       {std::tuple("retry", "Make one after all that failed, was abandoned or not smaller",
                   "/v1/deltas/retry"),
        std::tuple("cancel", "Make one no more", "/v1/deltas/cancel")}) {
    verbs.post(name, description, {path, {}})
        .text("BASE", "base", "SHA-256 of its base image, as listed")
        .text("RESULT", "result", "SHA-256 of its result image");
  }
}

void add_token_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "token", "Your own sessions and tokens at a server", chosen);
  verbs.get("list", "Show them", "/v1/tokens", as_table(tokens_table()));
  verbs
      .post("issue", "Make a token for a program; prints it: it is not shown again", {"/v1/tokens/issue", {}},
            as_line({"token"}))
      .number("--days", "days", "its life: 90 unless told")
      .texts("--role", "roles", "what it may at most; may be repeated; all that you may unless told");
  verbs.post("revoke", "End one of them", {"/v1/tokens/revoke", {}}).text("ID", "id", "as listed");
}

}  // namespace skiff::cli
