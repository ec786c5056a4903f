#include "trust/repository_publish.hpp"

#include <optional>

#include "trust/file_names.hpp"

namespace skiff {
namespace {

/// The signed part of the next version, or of the first.
Json successor(const std::optional<SignedRole>& previous, std::string_view type, std::int64_t expires) {
  return previous ? next_signed_part(*previous, expires) : new_signed_part(type, expires);
}

Result<std::optional<SignedRole>> read_if_there(const RepositoryFolder& folder, const std::string& name,
                                                const tuf::KeyRing& keys, std::string_view role) {
  Result<Bytes> text = folder.read_metadata(name);
  if (!text && text.error().kind == ErrorKind::kNotFound) return std::optional<SignedRole>();
  if (!text) return tl::unexpected<Error>(text.error());
  SKIFF_ASSIGN(SignedRole read, read_signed_role(std::move(*text), keys, role));
  return std::optional<SignedRole>(std::move(read));
}

Json::Object listing_of(const RepositoryState& state) {
  Json::Object files = state.deltas.listing();
  files[tuf::file_name("targets")] = file_meta_json(state.targets.listing());
  files.merge(state.releases.listing());
  return files;
}

bool lists(const SignedRole& role, const Json& meta) {
  const Json* const present = role.signed_part.find("meta");
  return present != nullptr && *present == meta;
}

/// Bins of deltas change often. What the snapshot before listed stays, for whoever has begun to fetch; older
/// versions go.
void remove_older_bins(const RepositoryFolder& folder, const DeltaRoles& deltas, const SignedRole& before) {
  const Json* const listed = before.signed_part.find("meta");
  for (const auto& [role, version] : deltas.versions) {
    const Json* const file = listed == nullptr ? nullptr : listed->find(tuf::file_name(role));
    if (file == nullptr) continue;
    Result<std::uint64_t> kept = unsigned_member(*file, "version");
    if (!kept || *kept == version) continue;
    while (*kept > 1 && folder.remove_metadata(tuf::versioned_file_name(role, *kept - 1))) --*kept;
  }
}

Result<SignedRole> write_snapshot(const RepositoryFolder& folder, const RepositoryState& state,
                                  const SignerList& signers, std::int64_t now) {
  const tuf::KeyRing& keys = state.keys_of("snapshot");
  SKIFF_ASSIGN(const std::uint64_t newest, folder.newest_version("snapshot"));
  SKIFF_ASSIGN(std::optional<SignedRole> snapshot,
               read_if_there(folder, tuf::versioned_file_name("snapshot", newest), keys, "snapshot"));
  const Json meta = listing_of(state);
  if (snapshot && lists(*snapshot, meta) && !is_ageing(snapshot->header, kSnapshotLife, now) &&
      !lacks_signature(*snapshot, keys, signers)) {
    return std::move(*snapshot);
  }
  Json part = successor(snapshot, "snapshot", now + kSnapshotLife);
  (*part.object())["meta"] = meta;
  SKIFF_ASSIGN(SignedRole next, sign_role(part, keys, "snapshot", signers));
  SKIFF_TRY(folder.write_metadata(tuf::versioned_file_name("snapshot", next.header.version), next.text));
  if (snapshot) remove_older_bins(folder, state.deltas, *snapshot);
  return next;
}

}  // namespace

Result<void> write_publication(const RepositoryFolder& folder, const RepositoryState& state,
                               const SignerList& signers, std::int64_t now) {
  const tuf::KeyRing& keys = state.keys_of("timestamp");
  const std::string name = tuf::file_name("timestamp");
  SKIFF_ASSIGN(const std::optional<SignedRole> timestamp, read_if_there(folder, name, keys, "timestamp"));
  SKIFF_ASSIGN(const SignedRole snapshot, write_snapshot(folder, state, signers, now));
  const Json meta = Json::Object{{tuf::file_name("snapshot"), file_meta_json(snapshot.listing())}};
  if (timestamp && lists(*timestamp, meta) && !is_ageing(timestamp->header, kTimestampLife, now) &&
      !lacks_signature(*timestamp, keys, signers)) {
    return {};
  }
  Json part = successor(timestamp, "timestamp", now + kTimestampLife);
  (*part.object())["meta"] = meta;
  SKIFF_ASSIGN(const SignedRole next, sign_role(part, keys, "timestamp", signers));
  return folder.write_metadata(name, next.text);
}

}  // namespace skiff
