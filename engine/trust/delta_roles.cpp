#include "trust/delta_roles.hpp"

#include <algorithm>

#include "trust/file_names.hpp"
#include "trust/release_json.hpp"
#include "trust/release_names.hpp"

namespace skiff {
namespace {

constexpr unsigned kFirstBits = 5;
constexpr unsigned kMostBits = 16;

bool all_small(const std::vector<Json::Object>& parts) {
  return std::ranges::all_of(parts, [](const Json::Object& part) { return part.size() <= kMaxDeltasInRole; });
}

}  // namespace

Result<DeltaRoles> DeltaRoles::load(const RepositoryFolder& folder, const tuf::KeyRing& keys,
                                    const RoleVersions& versions) {
  SKIFF_ASSIGN(BinnedRole role, BinnedRole::load(folder, std::string(kDeltasRole), keys, versions));
  return DeltaRoles{std::move(role)};
}

Result<std::vector<DeltaOffer>> DeltaRoles::list(const RepositoryFolder& folder,
                                                 ReadBins<DeltaOffer>* known) const {
  return list_targets(*this, folder, known, read_delta_offer);
}

Result<std::optional<DeltaOffer>> DeltaRoles::find(const RepositoryFolder& folder,
                                                   const std::string& target) const {
  SKIFF_ASSIGN(const Json::Object listed, targets_of(folder, role_for(target)));
  const auto found = listed.find(target);
  if (found == listed.end()) return std::optional<DeltaOffer>();
  SKIFF_ASSIGN(const tuf::Target parsed, tuf::parse_target(target, found->second));
  SKIFF_ASSIGN(DeltaOffer offer, read_delta_offer(parsed));
  return std::optional<DeltaOffer>(std::move(offer));
}

Result<void> DeltaRoles::add(const RepositoryFolder& folder, std::span<const DeltaOffer> offers,
                             const DeltaSigning& signing) {
  SKIFF_ASSIGN(auto changed, listing_with(*this, folder, offers));
  if (std::ranges::any_of(changed, [](const auto& role) { return role.second.size() > kMaxDeltasInRole; })) {
    SKIFF_ASSIGN(Json::Object all, entries(folder));
    for (const DeltaOffer& offer : offers) all.insert_or_assign(offer.target, target_entry(offer));
    return divide(folder, all, signing);
  }
  for (auto& [role, targets] : changed) SKIFF_TRY(write(folder, role, std::move(targets), signing));
  return {};
}

Result<void> DeltaRoles::drop(const RepositoryFolder& folder, std::span<const std::string> targets,
                              const DeltaSigning& signing) {
  std::map<std::string, std::vector<std::string>> by_role;
  for (const std::string& target : targets) by_role[role_for(target)].push_back(target);
  for (const auto& [role, dropped] : by_role) {
    SKIFF_ASSIGN(Json::Object listed, targets_of(folder, role));
    const std::size_t before = listed.size();
    for (const std::string& target : dropped) listed.erase(target);
    if (listed.size() != before) SKIFF_TRY(write(folder, role, std::move(listed), signing));
  }
  return {};
}

Result<void> DeltaRoles::divide(const RepositoryFolder& folder, const Json::Object& entries,
                                const DeltaSigning& signing) {
  tuf::HashBins next{.keys = signing.keys,
                     .bit_length = bins ? bins->bit_length + 1 : kFirstBits,
                     .name_prefix = std::string(kDeltasRole)};
  std::vector<Json::Object> parts = divided(entries, next);
  for (; !all_small(parts) && next.bit_length < kMostBits; parts = divided(entries, next)) ++next.bit_length;
  bins = std::move(next);
  for (std::uint32_t number = 0; number < parts.size(); ++number) {
    SKIFF_TRY(write(folder, bins->name_of(number), std::move(parts[number]), signing));
  }
  return write(folder, name, {}, signing);
}

Result<void> DeltaRoles::write(const RepositoryFolder& folder, const std::string& role, Json::Object targets,
                               const DeltaSigning& signing) {
  const Json part = next_part(role, std::move(targets), signing.now + kDeltasLife);
  const tuf::KeyRing& keys = role == name ? signing.keys : bins->keys;
  SKIFF_ASSIGN(SignedRole next, sign_role(part, keys, role, signing.signers));
  const std::uint64_t version = next.header.version;
  SKIFF_TRY(folder.write_metadata(tuf::versioned_file_name(role, version), next.text));
  if (role == name) {
    top = std::move(next);
  } else {
    versions[role] = version;
  }
  return {};
}

Result<void> DeltaRoles::renew(const RepositoryFolder& folder, const DeltaSigning& signing) {
  const bool keys_changed = bins && bins->keys != signing.keys;
  if (!keys_changed && !is_ageing(top.header, kDeltasLife, signing.now) &&
      !lacks_signature(top, signing.keys, signing.signers)) {
    return {};
  }
  SKIFF_ASSIGN(Json::Object listed, targets_of(folder, name));
  if (bins) {
    const tuf::KeyRing before = bins->keys;
    for (const std::string& role : roles_in_use()) {
      bins->keys = before;
      Result<Json::Object> present = targets_of(folder, role);
      bins->keys = signing.keys;
      if (!present) present = targets_of(folder, role);  // a renewal that was cut off has come by here
      if (!present) return tl::unexpected<Error>(present.error());
      SKIFF_TRY(write(folder, role, std::move(*present), signing));
    }
  }
  return write(folder, name, std::move(listed), signing);
}

}  // namespace skiff
