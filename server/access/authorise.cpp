#include "access/authorise.hpp"

#include <algorithm>

namespace skiff::server {
namespace {

constexpr std::array<std::string_view, kRoles.size()> kRoleNames = {"viewer", "operator", "releaser", "admin",
                                                                    "auditor"};
constexpr std::array<std::string_view, 8> kVerbNames = {
    "see", "admit", "deploy", "clear-alarms", "read-audit", "manage-users", "manage-hooks", "own"};

/// A row of verbs for each role, in the order of Verb.
constexpr std::array<std::array<bool, kVerbNames.size()>, kRoles.size()> kMay = {{
    //            see    admit  deploy clear  audit  users  hooks  own
    /* viewer */ {true, false, false, false, false, false, false, true},
    /* operator */ {true, true, false, true, false, false, false, true},
    /* releaser */ {true, false, true, false, false, false, false, true},
    /* admin */ {true, true, true, true, true, true, true, true},
    /* auditor */ {true, false, false, false, true, false, false, true},
}};

bool may(Role role, Verb verb) {
  return kMay[static_cast<std::size_t>(role)][static_cast<std::size_t>(verb)];
}

}  // namespace

std::string_view to_string(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }
std::string_view to_string(Verb verb) { return kVerbNames[static_cast<std::size_t>(verb)]; }

std::optional<Role> parse_role(std::string_view text) {
  const auto found = std::find(kRoleNames.begin(), kRoleNames.end(), text);
  if (found == kRoleNames.end()) return std::nullopt;
  return static_cast<Role>(found - kRoleNames.begin());
}

bool authorise(const Principal& who, Verb verb, std::string_view group) {
  return std::any_of(who.grants.begin(), who.grants.end(), [&](const Grant& grant) {
    return may(grant.role, verb) && (grant.group.empty() || grant.group == group);
  });
}

bool authorise_anywhere(const Principal& who, Verb verb) {
  return std::any_of(who.grants.begin(), who.grants.end(),
                     [&](const Grant& grant) { return may(grant.role, verb); });
}

}  // namespace skiff::server
