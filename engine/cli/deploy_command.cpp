// skiff deploy create | list | pause | resume | abort | approve | cost: deployments of a server.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/remote_verbs.hpp"
#include "cli/server_commands.hpp"

namespace skiff::cli {
namespace {

/// A line of a table of costs.
Result<Json> cost_line(const std::string& name, const Json& cost) {
  if (cost.object() == nullptr) return fail(ErrorKind::kFormat, "cost: not an object");
  Json::Object line = *cost.object();
  line["group"] = name;
  return Json(std::move(line));
}

Result<void> show_cost(const Json& answer) {
  Json::Array lines;
  SKIFF_ASSIGN(const Json* const all, object_member(answer, "all"));
  SKIFF_ASSIGN(lines.emplace_back(), cost_line("(all)", *all));
  SKIFF_ASSIGN(const Json* const groups, array_member(answer, "groups"));
  for (const Json& group : *groups->array()) {
    SKIFF_ASSIGN(const std::string name, string_member(group, "name"));
    SKIFF_ASSIGN(const Json* const cost, object_member(group, "cost"));
    SKIFF_ASSIGN(lines.emplace_back(), cost_line(name, *cost));
  }
  shell::show({"costs", {"group", "devices", "bytes", "pending", "held", "at_most", "full"}}, lines);
  return {};
}

Result<void> show_deployment(const Json& answer) {
  SKIFF_ASSIGN(const Json* const deployment, object_member(answer, "deployment"));
  SKIFF_ASSIGN(const Json* const held, array_member(answer, "held"));
  for (const auto& [name, member] : *deployment->object()) {
    std::printf("%s\t%s\n", name.c_str(), shell::shown(member).c_str());
  }
  if (held->array()->empty()) return {};
  std::printf("\n");
  shell::show({"held", {"serial", "reason"}}, *held->array());
  return {};
}

const RemoteVerb& with_reach(const RemoteVerb& verb) {
  return verb.required_text("--release", "release", "target name, as `skiff release list` shows it")
      .text("--group", "group", "its devices; every device of the release's hardware unless told")
      .text("--filter", "filter", "of these devices those that match, as \"version!=2.0 serial=EU-*\"")
      .flag("--allow-full", "allow_full", "a full image may go over metered links, too");
}

struct StateVerb {
  const char* name;
  const char* description;
  const char* state;
};
constexpr StateVerb kStateVerbs[] = {
    {"pause", "Let no further device start; those under way finish", "paused"},
    {"resume", "Go on", "running"},
    {"abort", "End it for good, downloads under way too", "aborted"},
};

}  // namespace

void add_deploy_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "deploy", "Bring a server's releases to devices, in phases", chosen);
  verbs.get_pages("list", "Show every deployment", "/v1/deployments", as_table(shell::deployments_table()));
  verbs
      .post("show", "Show one, and the devices that wait for it with a reason", {"/v1/deployments/show", {}},
            show_deployment)
      .number("ID", "id", "its number");
  with_reach(verbs.post("create", "Begin a deployment; prints its number", {"/v1/deployments/create", {}},
                        as_line({"id"})))
      .text("--phases", "phases", "as \"5 10% 100%\": devices, or percent of the group")
      .text("--window", "window", "starts only at this time of day, UTC, as 22:00-04:00")
      .number("--begin", "begins", "not before this time, seconds since 1970 UTC")
      .number("--spread", "spread", "seconds over which devices start, from the begin or opening")
      .number("--success", "success_percent",
              "percent of a phase's devices that must have committed before the next begins")
      .number("--failures", "failure_percent", "the deployment pauses when more percent of updates fail")
      .number("--attempts", "attempts", "tries that one device has")
      .number("--retry-after", "retry_after",
              "seconds that a device waits after a failure, doubled with each further one, at most a day")
      .number("--deadline", "deadline",
              "seconds of silence after which a device that started counts as failed")
      .number("--priority", "priority", "of deployments of one release the higher one decides");
  with_reach(verbs.post("cost", "Show what a deployment would cost, in bytes", {"/v1/deployments/cost", {}},
                        show_cost));
  for (const StateVerb& verb : kStateVerbs) {
    verbs.post(verb.name, verb.description, {"/v1/deployments/state", {{"state", verb.state}}})
        .number("ID", "id", "its number")
        .text("--reason", "reason", "for people");
  }
  verbs.post("approve", "Let another's deployment reach a protected group", {"/v1/deployments/approve", {}})
      .number("ID", "id", "its number")
      .required_text("--group", "group", "the protected group");
}

}  // namespace skiff::cli
