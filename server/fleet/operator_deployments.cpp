// What OperatorApi does about deployments.
#include <algorithm>

#include "fleet/listings.hpp"
#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

constexpr std::int64_t kLatestTime = std::int64_t{1} << 40;
constexpr std::int64_t kLongestSpread = 86'400;
constexpr std::int64_t kLongestRetry = 86'400;
constexpr std::int64_t kLongestDeadline = std::int64_t{366} * 86'400;
constexpr std::int64_t kMostDeployments = std::int64_t{1} << 40;
constexpr std::size_t kMostHeld = 1'000;  // devices of an answer

tl::unexpected<Error> no_release(const std::string& target) {
  return fail(ErrorKind::kNotFound, "no published release is named " + target);
}

DeviceTraits traits_of(const DeviceRecord& device) {
  const DeviceStatus& status = device.status;
  return {status.serial, status.hardware, status.version, status.agent};
}

Json::Object cost_json(const Cost& cost) {
  return {{"devices", cost.devices}, {"bytes", cost.bytes},     {"pending", cost.pending},
          {"held", cost.held},       {"at_most", cost.at_most}, {"full", cost.full}};
}

std::optional<DeploymentState> wanted_state(std::string_view text) {
  if (text == "paused") return DeploymentState::kPaused;
  if (text == "running") return DeploymentState::kRunning;
  if (text == "aborted") return DeploymentState::kAborted;
  return std::nullopt;
}

}  // namespace

Result<OperatorApi::Intent> OperatorApi::see_deployments(const OperatorBody& body) {
  SKIFF_ASSIGN(const Page page, page_of(body));
  return Intent{std::nullopt, "", "", [this, page](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Deployment> stored, stores_.deployments.list());
                  SKIFF_ASSIGN(const std::vector<Approval> approvals, stores_.deployments.approvals());
                  Json::Array deployments;
                  for (const Deployment& deployment : stored) {
                    if (!authorise(who, Verb::kSee, deployment.order.group)) continue;
                    deployments.push_back(listed(deployment, approvals));
                  }
                  return answer_page("deployments", std::move(deployments), "id", page);
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_deployment(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::int64_t id, body.number_or("id", 0, kMostDeployments));
  SKIFF_ASSIGN(const std::string group, group_of_deployment(std::to_string(id)));
  return Intent{group, "", "", [this, id](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Deployment> stored, stores_.deployments.list());
                  SKIFF_ASSIGN(const std::vector<Approval> approvals, stores_.deployments.approvals());
                  const auto found = std::find_if(stored.begin(), stored.end(),
                                                  [&](const Deployment& one) { return one.id == id; });
                  if (found == stored.end())
                    return fail(ErrorKind::kNotFound, "there is no deployment " + std::to_string(id));
                  SKIFF_ASSIGN(Json::Array held, held_devices(found->order));
                  return Json(Json::Object{
                      {"v", 1}, {"deployment", listed(*found, approvals)}, {"held", std::move(held)}});
                }};
}

Result<Json::Array> OperatorApi::held_devices(const DeploymentOrder& order) {
  Json::Array held;
  const auto reached = stores_.groups.reach_of_order(order.group, order.filter);
  if (!reached && reached.error().kind == ErrorKind::kNotFound) return held;  // the group was ended
  if (!reached) return tl::unexpected(reached.error());
  SKIFF_ASSIGN(const std::vector<DeviceRecord> devices, stores_.devices.list());
  for (const DeviceRecord& device : devices) {
    if (device.held.release != order.release || !(*reached)(traits_of(device))) continue;
    held.push_back(Json::Object{{"serial", device.status.serial}, {"reason", device.held.reason}});
    if (held.size() == kMostHeld) break;
  }
  return held;
}

Result<OperatorApi::Intent> OperatorApi::see_cost(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string target, body.text("release"));
  Plea plea;
  SKIFF_ASSIGN(plea.group, body.text_or("group", ""));
  SKIFF_ASSIGN(plea.filter, body.text_or("filter", ""));
  SKIFF_ASSIGN(plea.allow_full, body.flag("allow_full"));
  if (!plea.filter.empty()) SKIFF_TRY(DeviceFilter::parse(plea.filter));
  return Intent{plea.group, target, plea.filter, [this, target, plea](const Principal& who) -> Result<Json> {
                  const auto view = view_();
                  const Release* const release = view->find_release(target);
                  if (release == nullptr) return no_release(target);
                  return price(CostOfRelease(*view, *release), plea, who);
                }};
}

Result<Json> OperatorApi::price(const CostOfRelease& release, const Plea& plea, const Principal& who) {
  SKIFF_ASSIGN(const std::vector<DeviceRecord> devices, stores_.devices.list());
  SKIFF_ASSIGN(const auto reached, stores_.groups.reach_of_order(plea.group, plea.filter));
  SKIFF_ASSIGN(const auto is_metered, stores_.budgets.metered());
  SKIFF_ASSIGN(const std::vector<Group> groups, stores_.groups.list());
  const auto sum = [&](const auto& is_counted) {
    Cost cost;
    for (const DeviceRecord& device : devices) {
      const DeviceTraits traits = traits_of(device);
      if (!reached(traits) || !is_counted(traits)) continue;
      release.add(device, plea.allow_full || !is_metered(traits), cost);
    }
    return cost_json(cost);
  };
  Json::Array parts;
  for (const Group& part : groups) {
    if (!authorise(who, Verb::kSee, part.name)) continue;
    SKIFF_ASSIGN(const auto inside, stores_.groups.reach_of_order(part.name, ""));
    parts.push_back(Json::Object{{"name", part.name}, {"cost", sum(inside)}});
  }
  return Json(Json::Object{
      {"v", 1}, {"all", sum([](const DeviceTraits&) { return true; })}, {"groups", std::move(parts)}});
}

Result<OperatorApi::Intent> OperatorApi::deploy(const OperatorBody& body) {
  DeploymentOrder order;
  SKIFF_ASSIGN(order.release, body.text("release"));
  SKIFF_ASSIGN(order.group, body.text_or("group", ""));
  SKIFF_ASSIGN(const std::string phases, body.text_or("phases", "100%"));
  SKIFF_ASSIGN(order.phases, parse_phases(phases));
  SKIFF_ASSIGN(const std::string window, body.text_or("window", ""));
  SKIFF_ASSIGN(order.window, parse_window(window));
  SKIFF_ASSIGN(order.begins, body.number_or("begins", 0, kLatestTime));
  SKIFF_ASSIGN(order.spread, body.number_or("spread", 0, kLongestSpread));
  SKIFF_ASSIGN(order.success_percent, body.number_or("success_percent", order.success_percent, 100));
  SKIFF_ASSIGN(order.failure_percent, body.number_or("failure_percent", order.failure_percent, 100));
  SKIFF_ASSIGN(order.attempts, body.number_or("attempts", order.attempts, 100));
  SKIFF_ASSIGN(order.retry_after, body.number_or("retry_after", 0, kLongestRetry));
  SKIFF_ASSIGN(order.priority, body.number_or("priority", 0, 1'000'000));
  SKIFF_ASSIGN(order.filter, body.text_or("filter", ""));
  SKIFF_ASSIGN(order.allow_full, body.flag("allow_full"));
  SKIFF_ASSIGN(order.deadline, body.number_or("deadline", 0, kLongestDeadline));
  const std::string detail = phases + (order.filter.empty() ? "" : ", " + order.filter) +
                             (order.allow_full ? ", full images over metered links" : "");
  return Intent{order.group, order.release, detail, [this, order](const Principal& who) -> Result<Json> {
                  if (view_()->find_release(order.release) == nullptr) return no_release(order.release);
                  DeploymentOrder ordered = order;
                  ordered.created_by = who.name;
                  SKIFF_ASSIGN(const std::int64_t id, stores_.deployments.create(ordered, clock_()));
                  return Json(Json::Object{{"v", 1}, {"id", id}});
                }};
}

Result<std::string> OperatorApi::group_of_deployment(const std::string& number) {
  SKIFF_ASSIGN(const std::vector<Deployment> deployments, stores_.deployments.list());
  const auto found = std::find_if(deployments.begin(), deployments.end(), [&](const Deployment& deployment) {
    return std::to_string(deployment.id) == number;
  });
  return found == deployments.end() ? "" : found->order.group;
}

Result<OperatorApi::Intent> OperatorApi::change_deployment(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::uint64_t id, body.number("id"));
  SKIFF_ASSIGN(const std::string text, body.text("state"));
  const auto state = wanted_state(text);
  if (!state) return body.reject("state", "running, paused or aborted");
  SKIFF_ASSIGN(const std::string reason, body.text_or("reason", ""));
  SKIFF_ASSIGN(const std::string group, group_of_deployment(std::to_string(id)));
  return Intent{
      group, "deployment " + std::to_string(id), text + (reason.empty() ? "" : ": " + reason),
      [this, id, state, reason](const Principal& who) -> Result<Json> {
        const std::string why = reason.empty() ? "by " + who.name : reason;
        SKIFF_TRY(stores_.deployments.set_state(static_cast<std::int64_t>(id), *state, why, clock_()));
        return answer_done();
      }};
}

Result<OperatorApi::Intent> OperatorApi::approve(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::int64_t id, body.number_or("id", 0, kMostDeployments));
  SKIFF_ASSIGN(const std::string group, body.text("group"));
  if (group.empty()) return body.reject("group", "the name of a group");
  return Intent{group, "deployment " + std::to_string(id), group,
                [this, id, group](const Principal& who) -> Result<Json> {
                  SKIFF_TRY(stores_.deployments.approve({id, group, who.name}, clock_()));
                  return answer_done();
                }};
}

}  // namespace skiff::server
