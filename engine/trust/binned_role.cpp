#include "trust/binned_role.hpp"

#include <algorithm>
#include <iterator>

#include "trust/file_names.hpp"

namespace skiff {
namespace {

bool is_bin(std::string_view role, std::string_view name) {
  return role.starts_with(name) && role.substr(name.size()).starts_with('-');
}

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

const Json::Object& listed_by(const SignedRole& role) { return *role.signed_part.find("targets")->object(); }

}  // namespace

bool is_role_or_bin(std::string_view role, std::string_view name) {
  return role == name || is_bin(role, name);
}

Result<BinnedRole> BinnedRole::load(const RepositoryFolder& folder, std::string name,
                                    const tuf::KeyRing& keys, const RoleVersions& versions) {
  const auto version = versions.find(name);
  if (version == versions.end()) {
    return fail(ErrorKind::kNotFound, "no repository in " + folder.path().string() + ": it has no " + name);
  }
  BinnedRole role;
  role.name = std::move(name);
  SKIFF_ASSIGN(Bytes text, folder.read_metadata(tuf::versioned_file_name(role.name, version->second)));
  SKIFF_ASSIGN(role.top, read_signed_role(std::move(text), keys, role.name));
  SKIFF_ASSIGN(tuf::Targets parsed, tuf::parse_targets(role.top.signed_part));
  role.bins = std::move(parsed.bins);
  std::ranges::copy_if(versions, std::inserter(role.versions, role.versions.end()),
                       [&](const auto& entry) { return is_bin(entry.first, role.name); });
  return role;
}

std::string BinnedRole::role_for(const std::string& target) const {
  return bins ? bins->name_of(bins->number_for(target)) : name;
}

std::vector<std::string> BinnedRole::roles_in_use() const {
  if (!bins) return {name};
  std::vector<std::string> names;
  for (std::uint32_t number = 0; number >> bins->bit_length == 0; ++number) {
    if (std::string bin = bins->name_of(number); versions.contains(bin)) names.push_back(std::move(bin));
  }
  return names;
}

Result<Json::Object> BinnedRole::targets_of(const RepositoryFolder& folder, const std::string& role) const {
  if (role == name) return listed_by(top);
  const auto version = versions.find(role);
  if (version == versions.end()) return Json::Object();
  SKIFF_ASSIGN(Bytes text, folder.read_metadata(tuf::versioned_file_name(role, version->second)));
  SKIFF_ASSIGN(const SignedRole bin, read_signed_role(std::move(text), bins->keys, role));
  return listed_by(bin);
}

Result<Json::Object> BinnedRole::entries_of(const RepositoryFolder& folder, const std::string& role) const {
  SKIFF_ASSIGN(Json::Object listed, targets_of(folder, role));
  // A division that was cut off leaves entries where nobody looks for them: they are made again.
  std::erase_if(listed, [&](const auto& entry) { return role_for(entry.first) != role; });
  return listed;
}

std::string BinnedRole::version_of(const std::string& role) const {
  return tuf::versioned_file_name(role, role == name ? top.header.version : versions.find(role)->second);
}

Result<Json::Object> BinnedRole::entries(const RepositoryFolder& folder) const {
  Json::Object all;
  for (const std::string& role : roles_in_use()) {
    SKIFF_ASSIGN(Json::Object listed, entries_of(folder, role));
    all.merge(listed);
  }
  return all;
}

Json::Object BinnedRole::listing() const {
  Json::Object files = {{tuf::file_name(name), file_meta_json(top.listing())}};
  for (const auto& [role, version] : versions)
    files[tuf::file_name(role)] = Json::Object{{"version", version}};
  return files;
}

Json BinnedRole::next_part(const std::string& role, Json::Object targets, std::int64_t expires) const {
  Json part = role == name ? next_signed_part(top, expires) : new_signed_part("targets", expires);
  if (role != name) {
    const auto present = versions.find(role);
    (*part.object())["version"] = present == versions.end() ? 1 : present->second + 1;
  } else if (bins) {
    (*part.object())["delegations"] = delegations_json(*bins);
  }
  (*part.object())["targets"] = std::move(targets);
  return part;
}

std::vector<Json::Object> divided(const Json::Object& entries, const tuf::HashBins& bins) {
  std::vector<Json::Object> parts(std::size_t{1} << bins.bit_length);
  for (const auto& entry : entries) parts[bins.number_for(entry.first)].insert(entry);
  return parts;
}

}  // namespace skiff
