#include "trust/delta_roles.hpp"

#include <algorithm>

#include "trust/file_names.hpp"
#include "trust/release_json.hpp"
#include "trust/release_names.hpp"

namespace skiff {
namespace {

constexpr unsigned kFirstBits = 5;
constexpr unsigned kMostBits = 16;

bool is_bin(std::string_view role) {
  return role.starts_with(kDeltasRole) && role.substr(kDeltasRole.size()).starts_with('-');
}

const Json::Object& targets_of(const SignedRole& role) { return *role.signed_part.find("targets")->object(); }

Json::Object delegations_json(const tuf::HashBins& bins) {
  Json::Object keys;
  Json::Array key_ids;
  for (const auto& [key_id, key] : bins.keys.keys) {
    keys[key_id] = key.json();
    key_ids.push_back(key_id);
  }
  return {{"keys", std::move(keys)},
          {"succinct_roles", Json::Object{{"keyids", std::move(key_ids)},
                                          {"threshold", bins.keys.threshold},
                                          {"bit_length", std::uint64_t{bins.bit_length}},
                                          {"name_prefix", bins.name_prefix}}}};
}

std::vector<Json::Object> divided(const Json::Object& entries, const tuf::HashBins& bins) {
  std::vector<Json::Object> parts(std::size_t{1} << bins.bit_length);
  for (const auto& entry : entries) parts[bins.number_for(entry.first)].insert(entry);
  return parts;
}

bool all_small(const std::vector<Json::Object>& parts) {
  return std::ranges::all_of(parts, [](const Json::Object& part) { return part.size() <= kMaxDeltasInRole; });
}

bool same_ring(const tuf::KeyRing& left, const tuf::KeyRing& right) {
  return left.threshold == right.threshold && left.keys == right.keys;
}

}  // namespace

bool is_delta_role(std::string_view role) { return role == kDeltasRole || is_bin(role); }

Result<DeltaRoles> DeltaRoles::load(const RepositoryFolder& folder, const tuf::KeyRing& keys,
                                    const RoleVersions& versions) {
  const auto version = versions.find(kDeltasRole);
  if (version == versions.end()) return fail(ErrorKind::kFormat, "no version of deltas");
  DeltaRoles roles;
  SKIFF_ASSIGN(Bytes text, folder.read_metadata(tuf::versioned_file_name(kDeltasRole, version->second)));
  SKIFF_ASSIGN(roles.top, read_signed_role(std::move(text), keys, kDeltasRole));
  SKIFF_ASSIGN(tuf::Targets parsed, tuf::parse_targets(roles.top.signed_part));
  roles.bins = std::move(parsed.bins);
  std::ranges::copy_if(versions, std::inserter(roles.versions, roles.versions.end()),
                       [](const auto& entry) { return is_bin(entry.first); });
  return roles;
}

Result<SignedRole> DeltaRoles::read(const RepositoryFolder& folder, const std::string& role) const {
  if (role == kDeltasRole) return top;
  const auto version = versions.find(role);
  if (version == versions.end()) return fail(ErrorKind::kFormat, "no version of " + role);
  SKIFF_ASSIGN(Bytes text, folder.read_metadata(tuf::versioned_file_name(role, version->second)));
  return read_signed_role(std::move(text), bins->keys, role);
}

std::string DeltaRoles::role_for(const std::string& target) const {
  return bins ? bins->name_of(bins->number_for(target)) : std::string(kDeltasRole);
}

std::vector<std::string> DeltaRoles::roles_in_use() const {
  if (!bins) return {std::string(kDeltasRole)};
  std::vector<std::string> names;
  for (std::uint32_t number = 0; number >> bins->bit_length == 0; ++number)
    names.push_back(bins->name_of(number));
  return names;
}

Result<Json::Object> DeltaRoles::entries(const RepositoryFolder& folder) const {
  Json::Object all;
  for (const std::string& name : roles_in_use()) {
    SKIFF_ASSIGN(const SignedRole role, read(folder, name));
    for (const auto& entry : targets_of(role)) {
      // A division that was cut off leaves entries where nobody looks for them: they are made again.
      if (role_for(entry.first) == name) all.insert(entry);
    }
  }
  return all;
}

Result<std::vector<DeltaOffer>> DeltaRoles::list(const RepositoryFolder& folder) const {
  SKIFF_ASSIGN(const Json::Object all, entries(folder));
  std::vector<DeltaOffer> offers;
  for (const auto& [name, entry] : all) {
    SKIFF_ASSIGN(const tuf::Target target, tuf::parse_target(name, entry));
    SKIFF_ASSIGN(offers.emplace_back(), read_delta_offer(target));
  }
  return offers;
}

Result<std::optional<DeltaOffer>> DeltaRoles::find(const RepositoryFolder& folder,
                                                   const std::string& target) const {
  SKIFF_ASSIGN(const SignedRole role, read(folder, role_for(target)));
  const auto found = targets_of(role).find(target);
  if (found == targets_of(role).end()) return std::optional<DeltaOffer>();
  SKIFF_ASSIGN(const tuf::Target parsed, tuf::parse_target(target, found->second));
  SKIFF_ASSIGN(DeltaOffer offer, read_delta_offer(parsed));
  return std::optional<DeltaOffer>(std::move(offer));
}

Json::Object DeltaRoles::listing() const {
  Json::Object files = {{tuf::file_name(kDeltasRole), file_meta_json(top.listing())}};
  for (const auto& [role, version] : versions)
    files[tuf::file_name(role)] = Json::Object{{"version", version}};
  return files;
}

Result<void> DeltaRoles::add(const RepositoryFolder& folder, std::span<const DeltaOffer> offers,
                             const DeltaSigning& signing) {
  std::map<std::string, Json::Object> changed;
  for (const DeltaOffer& offer : offers) {
    const std::string role = role_for(offer.target);
    if (!changed.contains(role)) {
      SKIFF_ASSIGN(const SignedRole before, read(folder, role));
      changed[role] = targets_of(before);
    }
    changed[role].insert_or_assign(offer.target, target_entry(offer));
  }
  if (std::ranges::any_of(changed, [](const auto& role) { return role.second.size() > kMaxDeltasInRole; })) {
    SKIFF_ASSIGN(Json::Object all, entries(folder));
    for (const DeltaOffer& offer : offers) all.insert_or_assign(offer.target, target_entry(offer));
    return divide(folder, all, signing);
  }
  for (auto& [role, targets] : changed) {
    SKIFF_TRY(role == kDeltasRole ? write_top(folder, std::move(targets), signing)
                                  : write_bin(folder, role, std::move(targets), signing));
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
  const std::vector<std::string> names = roles_in_use();
  for (std::size_t i = 0; i < names.size(); ++i) {
    SKIFF_TRY(write_bin(folder, names[i], std::move(parts[i]), signing));
  }
  return write_top(folder, {}, signing);
}

Result<void> DeltaRoles::write_top(const RepositoryFolder& folder, Json::Object targets,
                                   const DeltaSigning& signing) {
  Json part = next_signed_part(top, signing.now + kDeltasLife);
  (*part.object())["targets"] = std::move(targets);
  if (bins) (*part.object())["delegations"] = delegations_json(*bins);
  SKIFF_ASSIGN(top, sign_role(part, signing.keys, kDeltasRole, signing.signers));
  return folder.write_metadata(tuf::versioned_file_name(kDeltasRole, top.header.version), top.text);
}

Result<void> DeltaRoles::write_bin(const RepositoryFolder& folder, const std::string& role,
                                   Json::Object targets, const DeltaSigning& signing) {
  Json part = new_signed_part("targets", signing.now + kDeltasLife);
  const std::uint64_t version = versions[role] + 1;
  (*part.object())["version"] = version;
  (*part.object())["targets"] = std::move(targets);
  SKIFF_ASSIGN(const SignedRole next, sign_role(part, bins->keys, role, signing.signers));
  SKIFF_TRY(folder.write_metadata(tuf::versioned_file_name(role, version), next.text));
  versions[role] = version;
  return {};
}

Result<void> DeltaRoles::renew(const RepositoryFolder& folder, const DeltaSigning& signing) {
  const bool keys_changed = bins && !same_ring(bins->keys, signing.keys);
  if (!keys_changed && !is_ageing(top.header, kDeltasLife, signing.now) &&
      !lacks_signature(top, signing.keys, signing.signers)) {
    return {};
  }
  if (bins) {
    const tuf::KeyRing before = bins->keys;
    for (const std::string& role : roles_in_use()) {
      bins->keys = before;
      Result<SignedRole> present = read(folder, role);
      bins->keys = signing.keys;
      if (!present) present = read(folder, role);  // a renewal that was cut off has come by here
      if (!present) return tl::unexpected<Error>(present.error());
      SKIFF_TRY(write_bin(folder, role, targets_of(*present), signing));
    }
  }
  return write_top(folder, targets_of(top), signing);
}

}  // namespace skiff
