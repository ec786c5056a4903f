// authorise(): who may do what to which devices. A pure function of grants.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::server {

enum class Role : std::uint8_t { kViewer, kOperator, kReleaser, kAdmin, kAuditor };
inline constexpr std::array kRoles = {Role::kViewer, Role::kOperator, Role::kReleaser, Role::kAdmin,
                                      Role::kAuditor};
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

enum class Verb : std::uint8_t {
  kSee,
  kAdmit,
  kDeploy,
  kClearAlarms,
  kReadAudit,
  kManageUsers,
  kManageHooks,
  kOwn
};
std::string_view to_string(Verb verb);

/// A role on the devices of one group, or, where that is empty, on all.
struct Grant {
  Role role = Role::kViewer;
  std::string group;
  bool operator==(const Grant&) const = default;
};

/// Somebody who proved who they are, with what they may do at this moment.
struct Principal {
  std::string name;
  std::vector<Grant> grants;
  std::string token{};      ///< by which token, see TokenRecord::id
  bool is_session = false;  ///< whether a person began it with a password
};

/// Whether a grant of `who` on the group, or on all devices, has the verb. `group` is what the verb is done
/// to; empty: to what concerns the whole fleet, for which a grant on a group is not enough.
bool authorise(const Principal& who, Verb verb, std::string_view group);

/// Whether any grant of `who` has the verb: for what shows each as much as its grants reach.
bool authorise_anywhere(const Principal& who, Verb verb);

}  // namespace skiff::server
