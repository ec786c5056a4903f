#include "trust/repository_state.hpp"

#include <algorithm>
#include <functional>

#include "trust/file_names.hpp"
#include "trust/release_names.hpp"
#include "trust/rules.hpp"

namespace skiff {
namespace {

/// Says which version of a role belongs to a state.
using VersionOf = std::function<Result<std::uint64_t>(std::string_view role)>;

Result<std::uint64_t> newest_version(const RepositoryFolder& folder, std::string_view role) {
  SKIFF_ASSIGN(const std::uint64_t version, folder.newest_version(role));
  if (version != 0) return version;
  return fail(ErrorKind::kNotFound,
              "no repository in " + folder.path().string() + ": it has no " + std::string(role));
}

Result<tuf::Root> newest_root(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(const std::uint64_t version, newest_version(folder, "root"));
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

Result<tuf::KeyRing> delegated_keys(const tuf::Targets& targets, std::string_view role) {
  const auto found = std::ranges::find(targets.delegations, role, &tuf::DelegatedRole::name);
  if (found == targets.delegations.end()) {
    return fail(ErrorKind::kFormat, "targets does not delegate to " + std::string(role));
  }
  return found->keys;
}

Result<RepositoryState> load_versions(const RepositoryFolder& folder, tuf::Root root,
                                      const VersionOf& version_of) {
  const auto read = [&](std::string_view role, const tuf::KeyRing& keys) -> Result<SignedRole> {
    SKIFF_ASSIGN(const std::uint64_t version, version_of(role));
    SKIFF_ASSIGN(Bytes text, folder.read_metadata(tuf::versioned_file_name(role, version)));
    return read_signed_role(std::move(text), keys, role);
  };
  RepositoryState state;
  state.root = std::move(root);
  SKIFF_ASSIGN(state.targets, read("targets", state.keys_of("targets")));
  SKIFF_ASSIGN(const tuf::Targets targets, tuf::parse_targets(state.targets.signed_part));
  SKIFF_ASSIGN(state.release_keys, delegated_keys(targets, kReleasesRole));
  SKIFF_ASSIGN(state.delta_keys, delegated_keys(targets, kDeltasRole));
  SKIFF_ASSIGN(state.releases, read(kReleasesRole, state.release_keys));
  SKIFF_ASSIGN(state.deltas, read(kDeltasRole, state.delta_keys));
  return state;
}

template <typename T>
Result<std::vector<T>> list_of(const SignedRole& role, Result<T> (*read)(const tuf::Target&)) {
  SKIFF_ASSIGN(const tuf::Targets parsed, tuf::parse_targets(role.signed_part));
  std::vector<T> list;
  for (const auto& [name, target] : parsed.targets) {
    SKIFF_ASSIGN(T item, read(target));
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace

Result<RepositoryState> RepositoryState::load(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(tuf::Root root, newest_root(folder));
  return load_versions(folder, std::move(root),
                       [&](std::string_view role) { return newest_version(folder, role); });
}

Result<RepositoryState> RepositoryState::load_published(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(tuf::Root root, newest_root(folder));
  SKIFF_ASSIGN(const tuf::Snapshot snapshot, published_snapshot(folder, root));
  return load_versions(folder, std::move(root), [&](std::string_view role) -> Result<std::uint64_t> {
    const auto listed = snapshot.files.find(tuf::file_name(role));
    if (listed != snapshot.files.end()) return listed->second.version;
    return fail(ErrorKind::kFormat, "the snapshot lists no " + std::string(role));
  });
}

Result<std::vector<Release>> RepositoryState::release_list() const { return list_of(releases, read_release); }
Result<std::vector<DeltaOffer>> RepositoryState::delta_list() const {
  return list_of(deltas, read_delta_offer);
}

Json with_target(const SignedRole& role, const std::string& name, Json entry, std::int64_t expires) {
  Json next = next_signed_part(role, expires);
  (*next.object())["targets"].object()->insert_or_assign(name, std::move(entry));
  return next;
}

}  // namespace skiff
