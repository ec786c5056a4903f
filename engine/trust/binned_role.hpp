// BinnedRole: a delegated role of a repository that lists targets, by itself while they are few, and through
// hashed bins below it when they are many, so that what a device fetches for one target stays small (TAP 15).
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "trust/repository_folder.hpp"
#include "trust/signed_role.hpp"

namespace skiff {

/// Versions by role name.
using RoleVersions = std::map<std::string, std::uint64_t, std::less<>>;

/// Whether a role is `name` or one of its bins.
bool is_role_or_bin(std::string_view role, std::string_view name);

struct BinnedRole {
  std::string name;
  SignedRole top;                     ///< the role itself
  std::optional<tuf::HashBins> bins;  ///< as `top` delegates to them
  RoleVersions versions;              ///< of all bins, also of those out of use: snapshots go on listing them

  /// `versions` are those of all roles. Each role is verified when it is read: the role itself here, by
  /// `keys`.
  static Result<BinnedRole> load(const RepositoryFolder& folder, std::string name, const tuf::KeyRing& keys,
                                 const RoleVersions& versions);

  /// The role that lists a target of this name, if one does.
  [[nodiscard]] std::string role_for(const std::string& target) const;
  /// The roles that list targets: the role itself, or those of its bins that have been written.
  [[nodiscard]] std::vector<std::string> roles_in_use() const;
  /// What one of them lists; a bin that was never written lists nothing.
  [[nodiscard]] Result<Json::Object> targets_of(const RepositoryFolder& folder,
                                                const std::string& role) const;
  /// As targets_of(), without what is listed where nobody looks for it.
  [[nodiscard]] Result<Json::Object> entries_of(const RepositoryFolder& folder,
                                                const std::string& role) const;
  /// The name of a role's file.
  [[nodiscard]] std::string version_of(const std::string& role) const;
  /// Everything that is listed.
  [[nodiscard]] Result<Json::Object> entries(const RepositoryFolder& folder) const;
  /// How a snapshot lists them.
  [[nodiscard]] Json::Object listing() const;

  /// The next signed part of the role itself or of one of its bins.
  [[nodiscard]] Json next_part(const std::string& role, Json::Object targets, std::int64_t expires) const;
};

/// What bins listed when they were read: the file of a version never changes, so that only new versions are
/// read again, unless the bins have other keys or another number by now.
template <typename T>
struct ReadBins {
  std::optional<tuf::HashBins> bins;
  std::map<std::string, std::vector<T>> listed;  ///< by role and version
};

/// Everything that a role and its bins list, in order of the names (`target` of each); `read` makes a T of a
/// tuf::Target. `known`, if there is one, is brought up to date.
template <typename T, typename Read>
Result<std::vector<T>> list_targets(const BinnedRole& role, const RepositoryFolder& folder,
                                    ReadBins<T>* known_before, Read read) {
  ReadBins<T> none;
  ReadBins<T>& known = known_before == nullptr ? none : *known_before;
  if (known.bins != role.bins) known = {role.bins, {}};
  std::map<std::string, std::vector<T>> listed;
  std::vector<T> all;
  for (const std::string& name : role.roles_in_use()) {
    const std::string version = role.version_of(name);
    if (auto found = known.listed.extract(version)) {
      listed.insert(std::move(found));
    } else {
      SKIFF_ASSIGN(const Json::Object entries, role.entries_of(folder, name));
      std::vector<T>& targets = listed[version];
      for (const auto& [target, entry] : entries) {
        SKIFF_ASSIGN(const tuf::Target parsed, tuf::parse_target(target, entry));
        SKIFF_ASSIGN(targets.emplace_back(), read(parsed));
      }
    }
    all.insert(all.end(), listed[version].begin(), listed[version].end());
  }
  known.listed = std::move(listed);
  std::ranges::sort(all, {}, &T::target);
  return all;
}

/// What each role that gets one of `added` lists with them, by role.
template <typename T>
Result<std::map<std::string, Json::Object>> listing_with(const BinnedRole& role,
                                                         const RepositoryFolder& folder,
                                                         std::span<const T> added) {
  std::map<std::string, Json::Object> changed;
  for (const T& one : added) {
    const std::string name = role.role_for(one.target);
    if (!changed.contains(name)) {
      SKIFF_ASSIGN(changed[name], role.targets_of(folder, name));
    }
    changed[name].insert_or_assign(one.target, target_entry(one));
  }
  return changed;
}

/// The entries of each bin, by number.
std::vector<Json::Object> divided(const Json::Object& entries, const tuf::HashBins& bins);

}  // namespace skiff
