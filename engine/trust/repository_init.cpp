#include "trust/repository_init.hpp"

#include <algorithm>

#include "trust/file_names.hpp"
#include "trust/release_names.hpp"
#include "trust/repository_publish.hpp"

namespace skiff {
namespace {

using RingResult = Result<tuf::KeyRing>;

/// The keys under the ids they have; one given twice is there once.
RingResult ring_of(const RoleKeys& role, std::string_view name) {
  tuf::KeyRing ring;
  ring.threshold = role.threshold;
  for (const PublicKey& key : role.keys) {
    if (std::ranges::none_of(ring.keys, [&](const auto& entry) { return entry.second == key; })) {
      ring.keys.emplace_back(key.key_id(), key);
    }
  }
  if (role.threshold == 0 || ring.keys.size() < role.threshold) {
    return fail(ErrorKind::kUsage, std::string(name) + ": " + std::to_string(ring.keys.size()) +
                                       " keys for a threshold of " + std::to_string(role.threshold));
  }
  return ring;
}

Json::Object role_json(const tuf::KeyRing& ring) {
  Json::Array key_ids;
  for (const auto& [key_id, key] : ring.keys) key_ids.push_back(key_id);
  return {{"keyids", std::move(key_ids)}, {"threshold", ring.threshold}};
}

void put_keys(Json::Object& keys, const tuf::KeyRing& ring) {
  for (const auto& [key_id, key] : ring.keys) keys[key_id] = key.json();
}

struct Rings {
  tuf::KeyRing root, targets, releases, deltas, snapshot, timestamp;
};

Result<Rings> rings_of(const RepositoryRoles& roles) {
  Rings rings;
  SKIFF_ASSIGN(rings.root, ring_of(roles.root, "root"));
  SKIFF_ASSIGN(rings.targets, ring_of(roles.targets, "targets"));
  SKIFF_ASSIGN(rings.releases, ring_of(roles.releases, kReleasesRole));
  SKIFF_ASSIGN(rings.deltas, ring_of(roles.deltas, kDeltasRole));
  SKIFF_ASSIGN(rings.snapshot, ring_of(roles.snapshot, "snapshot"));
  SKIFF_ASSIGN(rings.timestamp, ring_of(roles.timestamp, "timestamp"));
  return rings;
}

Json root_part(const Rings& rings, std::int64_t now) {
  Json::Object keys;
  Json::Object roles;
  const auto add = [&](const char* name, const tuf::KeyRing& ring) {
    put_keys(keys, ring);
    roles[name] = role_json(ring);
  };
  add("root", rings.root);
  add("targets", rings.targets);
  add("snapshot", rings.snapshot);
  add("timestamp", rings.timestamp);
  Json part = new_signed_part("root", now + kRootLife);
  (*part.object())["consistent_snapshot"] = true;
  (*part.object())["keys"] = std::move(keys);
  (*part.object())["roles"] = std::move(roles);
  return part;
}

Json delegation(std::string_view role, const tuf::KeyRing& ring) {
  Json::Object json = role_json(ring);
  json["name"] = role;
  json["terminating"] = true;
  json["paths"] = Json::Array{std::string(role) + "/*"};
  return json;
}

Json targets_part(std::int64_t expires) {
  Json part = new_signed_part("targets", expires);
  (*part.object())["targets"] = Json::Object();
  return part;
}

Json top_targets_part(const Rings& rings, std::int64_t now) {
  Json::Object keys;
  put_keys(keys, rings.releases);
  put_keys(keys, rings.deltas);
  Json part = targets_part(now + kTargetsLife);
  (*part.object())["delegations"] = Json::Object{
      {"keys", std::move(keys)},
      {"roles",
       Json::Array{delegation(kReleasesRole, rings.releases), delegation(kDeltasRole, rings.deltas)}}};
  return part;
}

}  // namespace

Result<void> write_first_versions(const RepositoryFolder& folder, const RepositoryRoles& roles,
                                  const Repository::Signers& signers, std::int64_t now) {
  SKIFF_ASSIGN(const Rings rings, rings_of(roles));
  SKIFF_ASSIGN(const SignedRole root, sign_role(root_part(rings, now), rings.root, "root", signers));
  RepositoryState state;
  SKIFF_ASSIGN(state.root, tuf::parse_root(root.signed_part));
  SKIFF_ASSIGN(state.targets, sign_role(top_targets_part(rings, now), rings.targets, "targets", signers));
  state.releases.name = kReleasesRole;
  state.deltas.name = kDeltasRole;
  SKIFF_ASSIGN(state.releases.top,
               sign_role(targets_part(now + kReleasesLife), rings.releases, kReleasesRole, signers));
  SKIFF_ASSIGN(state.deltas.top,
               sign_role(targets_part(now + kDeltasLife), rings.deltas, kDeltasRole, signers));
  SKIFF_TRY(folder.write_metadata(tuf::versioned_file_name("targets", 1), state.targets.text));
  SKIFF_TRY(folder.write_metadata(tuf::versioned_file_name(kReleasesRole, 1), state.releases.top.text));
  SKIFF_TRY(folder.write_metadata(tuf::versioned_file_name(kDeltasRole, 1), state.deltas.top.text));
  SKIFF_TRY(write_publication(folder, state, signers, now));
  return folder.write_metadata(tuf::versioned_file_name("root", 1), root.text);
}

}  // namespace skiff
