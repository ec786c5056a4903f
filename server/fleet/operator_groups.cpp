// What OperatorApi does about groups.
#include "access/identity.hpp"
#include "fleet/listings.hpp"
#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

struct Members {
  std::string group;
  std::vector<std::string> serials;
};

Result<Members> members_of(const OperatorBody& body) {
  Members members;
  SKIFF_ASSIGN(members.group, body.text("group"));
  SKIFF_ASSIGN(members.serials, body.texts("serials"));
  for (const std::string& serial : members.serials) {
    if (!is_serial(serial)) return body.reject("serials", "serials");
  }
  return members;
}

/// For the audit: as many as it takes.
std::string text_of(const std::vector<std::string>& serials) {
  std::string text = std::to_string(serials.size()) + " devices";
  for (const std::string& serial : serials) {
    if (text.size() + serial.size() > kMaxOperatorText) return text + " …";
    text += ' ' + serial;
  }
  return text;
}

}  // namespace

std::vector<OperatorApi::Operation> OperatorApi::group_operations() {
  using Api = OperatorApi;
  const BodyField group = {"group", FieldType::kText, true, "name of a group"};
  const BodyField serials = {"serials", FieldType::kTexts, true, "of devices"};
  return {
      {"GET", "/v1/groups", Verb::kSee, false, &Api::see_groups, "Groups that one's grants reach"},
      {"POST",
       "/v1/groups/create",
       Verb::kManageUsers,
       true,
       &Api::create_group,
       "Make a group, or change it",
       {group,
        {"filter", FieldType::kText, false,
         "its devices, as \"hardware=gw1 serial=EU-*\"; listed unless told"},
        {"protected", FieldType::kFlag, false, "a second person approves its updates"},
        {"metered", FieldType::kFlag, false, "its devices pay for their link by the byte"}}},
      {"POST", "/v1/groups/remove", Verb::kManageUsers, true, &Api::remove_group, "End a group", {group}},
      {"POST",
       "/v1/groups/add",
       Verb::kManageUsers,
       true,
       &Api::add_to_group,
       "List devices in a group",
       {group, serials}},
      {"POST",
       "/v1/groups/take",
       Verb::kManageUsers,
       true,
       &Api::take_from_group,
       "Take devices out of a group",
       {group, serials}},
  };
}

Result<OperatorApi::Intent> OperatorApi::see_groups(const OperatorBody&) {
  return Intent{std::nullopt, "", "", [this](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Group> stored, stores_.groups.list());
                  Json::Array groups;
                  for (const Group& group : stored) {
                    if (!authorise(who, Verb::kSee, group.name)) continue;
                    SKIFF_ASSIGN(const auto members, stores_.groups.members(group.name));
                    groups.push_back(listed(group, members.size()));
                  }
                  return answer_list("groups", std::move(groups));
                }};
}

Result<OperatorApi::Intent> OperatorApi::create_group(const OperatorBody& body) {
  Group group;
  SKIFF_ASSIGN(group.name, body.text("group"));
  SKIFF_ASSIGN(group.filter, body.text_or("filter", ""));
  SKIFF_ASSIGN(group.is_protected, body.flag("protected"));
  SKIFF_ASSIGN(group.is_metered, body.flag("metered"));
  const std::string detail =
      group.filter + (group.is_protected ? ", protected" : "") + (group.is_metered ? ", metered" : "");
  return Intent{"", "group " + group.name, detail, [this, group](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.groups.put(group, Protection::kStays));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::remove_group(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string group, body.text("group"));
  return Intent{"", "group " + group, "", [this, group](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.groups.remove(group, Protection::kStays));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::add_to_group(const OperatorBody& body) {
  SKIFF_ASSIGN(const Members members, members_of(body));
  return Intent{"", "group " + members.group, text_of(members.serials),
                [this, members](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.groups.add(members.group, members.serials));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::take_from_group(const OperatorBody& body) {
  SKIFF_ASSIGN(const Members members, members_of(body));
  return Intent{"", "group " + members.group, text_of(members.serials),
                [this, members](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.groups.take_out(members.group, members.serials, Protection::kStays));
                  return answer_done();
                }};
}

}  // namespace skiff::server
