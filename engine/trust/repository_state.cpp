#include "trust/repository_state.hpp"

#include <algorithm>

#include "trust/file_names.hpp"
#include "trust/release_names.hpp"
#include "trust/rules.hpp"

namespace skiff {
namespace {

constexpr std::string_view kExtension = ".json";

/// "targets.json" is the role "targets": no role of ours needs quoting.
RoleVersions by_role(const auto& versions_by_file, auto version_of) {
  RoleVersions versions;
  for (const auto& [file, value] : versions_by_file) {
    if (!file.ends_with(kExtension)) continue;
    versions.emplace(file.substr(0, file.size() - kExtension.size()), version_of(value));
  }
  return versions;
}

Result<RoleVersions> newest_versions(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(const auto files, folder.newest_versions());
  return by_role(files, [](std::uint64_t version) { return version; });
}

Result<std::uint64_t> version_of(const RepositoryFolder& folder, const RoleVersions& versions,
                                 std::string_view role) {
  if (const auto found = versions.find(role); found != versions.end()) return found->second;
  return fail(ErrorKind::kNotFound,
              "no repository in " + folder.path().string() + ": it has no " + std::string(role));
}

Result<tuf::Root> read_root(const RepositoryFolder& folder, const RoleVersions& newest) {
  SKIFF_ASSIGN(const std::uint64_t version, version_of(folder, newest, "root"));
  SKIFF_ASSIGN(const Bytes text, folder.read_metadata(tuf::versioned_file_name("root", version)));
  return tuf::read_first_root(text);
}

/// What the timestamp leads to: the snapshot that devices see.
Result<tuf::Snapshot> published_snapshot(const RepositoryFolder& folder, const tuf::Root& root) {
  const auto keys_of = [&](std::string_view role) { return root.roles.find(role)->second; };
  SKIFF_ASSIGN(Bytes timestamp_text, folder.read_metadata(tuf::file_name("timestamp")));
  SKIFF_ASSIGN(const SignedRole timestamp_role,
               read_signed_role(std::move(timestamp_text), keys_of("timestamp"), "timestamp"));
  SKIFF_ASSIGN(const tuf::Timestamp timestamp, tuf::parse_timestamp(timestamp_role.signed_part));
  const std::string name = tuf::versioned_file_name("snapshot", timestamp.snapshot.version);
  SKIFF_ASSIGN(Bytes text, folder.read_metadata(name));
  SKIFF_ASSIGN(const SignedRole snapshot, read_signed_role(std::move(text), keys_of("snapshot"), "snapshot"));
  return tuf::parse_snapshot(snapshot.signed_part);
}

Result<RepositoryState> load_versions(const RepositoryFolder& folder, tuf::Root root,
                                      const RoleVersions& versions) {
  RepositoryState state;
  state.root = std::move(root);
  SKIFF_ASSIGN(const std::uint64_t version, version_of(folder, versions, "targets"));
  SKIFF_ASSIGN(Bytes text, folder.read_metadata(tuf::versioned_file_name("targets", version)));
  SKIFF_ASSIGN(state.targets, read_signed_role(std::move(text), state.keys_of("targets"), "targets"));
  SKIFF_ASSIGN(const tuf::Targets targets, tuf::parse_targets(state.targets.signed_part));
  SKIFF_ASSIGN(state.release_keys, delegated_keys(targets, kReleasesRole));
  SKIFF_ASSIGN(state.delta_keys, delegated_keys(targets, kDeltasRole));
  SKIFF_ASSIGN(state.releases, ReleaseRoles::load(folder, state.release_keys, versions));
  SKIFF_ASSIGN(state.deltas, DeltaRoles::load(folder, state.delta_keys, versions));
  return state;
}

}  // namespace

Result<tuf::KeyRing> delegated_keys(const tuf::Targets& targets, std::string_view role) {
  const auto found = std::ranges::find(targets.delegations, role, &tuf::DelegatedRole::name);
  if (found == targets.delegations.end()) {
    return fail(ErrorKind::kFormat, "targets does not delegate to " + std::string(role));
  }
  return found->keys;
}

Result<RepositoryState> RepositoryState::load(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(const RoleVersions newest, newest_versions(folder));
  SKIFF_ASSIGN(tuf::Root root, read_root(folder, newest));
  return load_versions(folder, std::move(root), newest);
}

Result<RepositoryState> RepositoryState::load_published(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(const RoleVersions newest, newest_versions(folder));
  SKIFF_ASSIGN(tuf::Root root, read_root(folder, newest));
  SKIFF_ASSIGN(const tuf::Snapshot snapshot, published_snapshot(folder, root));
  return load_versions(folder, std::move(root),
                       by_role(snapshot.files, [](const tuf::FileMeta& file) { return file.version; }));
}

}  // namespace skiff
