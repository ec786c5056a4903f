// `skiff-server group` and `skiff-server deploy`: which devices get a release, when, and how many at once.
#include <algorithm>
#include <ctime>
#include <iostream>

#include "access/identity.hpp"
#include "cli/verbs.hpp"
#include "fleet/listings.hpp"
#include "skiff/repository.hpp"

namespace skiff::server {
namespace {

struct Arguments {
  StateArguments state;
  std::filesystem::path repository;
  std::string group;
  std::string filter;
  bool is_protected = false;
  bool is_metered = false;
  std::vector<std::string> serials;
  std::string phases = "100%";
  std::string window;
  std::int64_t id = 0;
  DeploymentOrder order;
};

Result<std::unique_ptr<Database>> open(const Arguments& arguments) { return open_database(arguments.state); }

Result<void> create_group(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open(arguments));
  return GroupStore(*database).put(
      {arguments.group, arguments.filter, arguments.is_protected, arguments.is_metered});
}

Result<void> remove_group(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open(arguments));
  return GroupStore(*database).remove(arguments.group);
}

Result<void> add_to_group(const Arguments& arguments) {
  for (const std::string& serial : arguments.serials) {
    if (!is_serial(serial)) return fail(ErrorKind::kUsage, serial + " is no serial");
  }
  SKIFF_ASSIGN(const auto database, open(arguments));
  return GroupStore(*database).add(arguments.group, arguments.serials);
}

Result<void> take_from_group(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open(arguments));
  return GroupStore(*database).take_out(arguments.group, arguments.serials);
}

Result<Json::Array> list_groups(Database& database, const Arguments&) {
  GroupStore groups(database);
  SKIFF_ASSIGN(const std::vector<Group> stored, groups.list());
  Json::Array items;
  for (const Group& group : stored) {
    SKIFF_ASSIGN(const auto members, groups.members(group.name));
    items.push_back(listed(group, members.size()));
  }
  return items;
}

/// A name with a slip of the pen would be a deployment that never does anything.
Result<void> require_release(const Arguments& arguments) {
  SKIFF_ASSIGN(const Repository repository, Repository::open(arguments.repository));
  SKIFF_ASSIGN(const std::vector<Release> releases, repository.published_releases());
  const bool found = std::any_of(releases.begin(), releases.end(), [&](const Release& release) {
    return release.target == arguments.order.release;
  });
  if (found) return {};
  return fail(ErrorKind::kNotFound, "no published release is named " + arguments.order.release);
}

Result<void> create_deployment(const Arguments& arguments) {
  DeploymentOrder order = arguments.order;
  order.created_by = "state-folder";
  SKIFF_ASSIGN(order.phases, parse_phases(arguments.phases));
  SKIFF_ASSIGN(order.window, parse_window(arguments.window));
  SKIFF_TRY(require_release(arguments));
  SKIFF_ASSIGN(const auto database, open(arguments));
  SKIFF_ASSIGN(const std::int64_t id, DeploymentStore(*database).create(order, std::time(nullptr)));
  std::cout << id << '\n';
  return {};
}

Result<Json::Array> list_deployments(Database& database, const Arguments&) {
  DeploymentStore deployments(database);
  SKIFF_ASSIGN(const std::vector<Deployment> stored, deployments.list());
  SKIFF_ASSIGN(const std::vector<Approval> approvals, deployments.approvals());
  Json::Array items;
  for (const Deployment& deployment : stored) items.push_back(listed(deployment, approvals));
  return items;
}

void add_order_options(CLI::App& create, Arguments& arguments) {
  DeploymentOrder& order = arguments.order;
  create.add_option("--repo", arguments.repository, "Repository folder, where the release is published")
      ->required();
  create.add_option("--release", order.release, "Target name, as `skiff repo list` shows it")->required();
  create.add_option("--group", order.group,
                    "Its devices; every device of the release's hardware unless told");
  create.add_option("--filter", order.filter,
                    "Of these devices those that match, as \"version!=2.0 serial=EU-*\"");
  create.add_option("--deadline", order.deadline,
                    "Seconds of silence after which a device that started counts as failed");
  create.add_option("--phases", arguments.phases, "As \"5 10% 100%\": devices, or percent of the group")
      ->capture_default_str();
  create
      .add_option("--success", order.success_percent,
                  "Percent of a phase's devices that must have committed before the next begins")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  create
      .add_option("--failures", order.failure_percent,
                  "The deployment pauses when more percent of updates fail")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  create.add_option("--attempts", order.attempts, "Tries that one device has")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  create
      .add_option("--retry-after", order.retry_after,
                  "Seconds that a device waits after a failure, doubled with each further one, at most a day")
      ->capture_default_str()
      ->check(CLI::Range(0, 86'400));
  create.add_option("--begin", order.begins, "Not before this time, seconds since 1970 UTC");
  create.add_option("--window", arguments.window, "Starts only at this time of day, UTC, as 22:00-04:00");
  create.add_option("--spread", order.spread, "Seconds over which devices start, from the begin or opening")
      ->check(CLI::Range(0, 86'400));
  create.add_flag("--allow-full", order.allow_full, "A full image may go over metered links, too");
  create.add_option("--priority", order.priority, "Of deployments of one release the higher one decides");
}

struct StateVerb {
  const char* name;
  const char* description;
  DeploymentState state;
};
constexpr StateVerb kStateVerbs[] = {
    {"pause", "Let no further device start; those under way finish", DeploymentState::kPaused},
    {"resume", "Go on", DeploymentState::kRunning},
    {"abort", "End it for good, downloads under way too", DeploymentState::kAborted},
};

}  // namespace

void add_group_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> group(app, "group", "Sets of devices, listed or by a filter", chosen);
  Arguments& arguments = group.arguments();
  group.add_list("list", "Show every group", shell::groups_table(), list_groups);
  CLI::App* const create = group.add("create", "Make a group", create_group);
  create->add_option("--filter", arguments.filter,
                     "Its devices, as \"hardware=gw1 version!=2.0 serial=EU-*\"; listed unless told");
  create->add_flag("--protected", arguments.is_protected,
                   "Its devices take no update that a second person has not approved");
  create->add_flag("--metered", arguments.is_metered,
                   "Its devices pay for their link by the byte: no full image unless a deployment allows it");
  CLI::App* const remove = group.add("remove", "End a group", remove_group);
  CLI::App* const add = group.add("add", "List devices in a group", add_to_group);
  CLI::App* const take = group.add("take", "Take devices out of a group", take_from_group);
  for (CLI::App* const command : {create, remove, add, take}) {
    command->add_option("GROUP", arguments.group)->required();
  }
  for (CLI::App* const command : {add, take}) command->add_option("SERIAL", arguments.serials)->required();
}

void add_deploy_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> deploy(app, "deploy", "Bring a release to a group, in phases", chosen);
  Arguments& arguments = deploy.arguments();
  deploy.add_list("list", "Show every deployment", shell::deployments_table(), list_deployments);
  add_order_options(*deploy.add("create", "Begin a deployment; prints its number", create_deployment),
                    arguments);
  for (const StateVerb& verb : kStateVerbs) {
    const auto run = [verb](const Arguments& of) -> Result<void> {
      SKIFF_ASSIGN(const auto database, open(of));
      return DeploymentStore(*database).set_state(
          of.id, verb.state, std::string(verb.name) + " by an operator", std::time(nullptr));
    };
    deploy.add(verb.name, verb.description, run)->add_option("ID", arguments.id, "Its number")->required();
  }
}

}  // namespace skiff::server
