#include "trust/release_roles.hpp"

#include "trust/release_json.hpp"
#include "trust/release_names.hpp"

namespace skiff {

Result<ReleaseRoles> ReleaseRoles::load(const RepositoryFolder& folder, const tuf::KeyRing& keys,
                                        const RoleVersions& versions) {
  SKIFF_ASSIGN(BinnedRole role, BinnedRole::load(folder, std::string(kReleasesRole), keys, versions));
  return ReleaseRoles{std::move(role)};
}

Result<std::vector<Release>> ReleaseRoles::list(const RepositoryFolder& folder,
                                                ReadBins<Release>* known) const {
  return list_targets(*this, folder, known, read_release);
}

Result<std::vector<RolePart>> ReleaseRoles::with(const RepositoryFolder& folder,
                                                 std::span<const Release> added, const tuf::KeyRing& keys,
                                                 std::int64_t now) const {
  SKIFF_ASSIGN(auto changed, listing_with(*this, folder, added));
  if (!bins && changed[name].size() > kMaxReleasesInRole) return with_bins(changed[name], keys, now);
  std::vector<RolePart> parts;
  for (auto& [role, targets] : changed) {
    parts.push_back({role, next_part(role, std::move(targets), now + kReleasesLife)});
  }
  return parts;
}

Result<std::vector<RolePart>> ReleaseRoles::with_bins(const Json::Object& entries, const tuf::KeyRing& keys,
                                                      std::int64_t now) const {
  ReleaseRoles next = *this;
  next.bins = tuf::HashBins{.keys = keys, .bit_length = kReleaseBinBits, .name_prefix = name};
  std::vector<RolePart> parts;
  std::uint32_t number = 0;
  for (Json::Object& targets : divided(entries, *next.bins)) {
    const std::string bin = next.bins->name_of(number++);
    // A division that was cut off may have left a version of a bin: it is written over, empty or not.
    if (targets.empty() && !versions.contains(bin)) continue;
    parts.push_back({bin, next.next_part(bin, std::move(targets), now + kReleasesLife)});
  }
  parts.push_back({name, next.next_part(name, {}, now + kReleasesLife)});
  return parts;
}

Result<std::vector<RolePart>> ReleaseRoles::renewed(const RepositoryFolder& folder, const tuf::KeyRing& keys,
                                                    std::int64_t now) const {
  std::vector<RolePart> parts;
  ReleaseRoles next = *this;
  if (bins) {
    next.bins->keys = keys;
    for (const std::string& bin : roles_in_use()) {
      SKIFF_ASSIGN(Json::Object targets, targets_of(folder, bin));
      parts.push_back({bin, next.next_part(bin, std::move(targets), now + kReleasesLife)});
    }
  }
  SKIFF_ASSIGN(Json::Object listed, targets_of(folder, name));
  parts.push_back({name, next.next_part(name, std::move(listed), now + kReleasesLife)});
  return parts;
}

RolePart ReleaseRoles::with_keys(const tuf::KeyRing& keys, std::int64_t now) const {
  ReleaseRoles next = *this;
  next.bins->keys = keys;
  return {name, next.next_part(name, {}, now + kReleasesLife)};
}

}  // namespace skiff
