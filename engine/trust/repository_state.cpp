#include "trust/repository_state.hpp"

#include <algorithm>

#include "trust/file_names.hpp"
#include "trust/release_names.hpp"
#include "trust/rules.hpp"

namespace skiff {
namespace {

Result<Bytes> newest_text(const RepositoryFolder& folder, std::string_view role) {
  SKIFF_ASSIGN(const std::uint64_t version, folder.newest_version(role));
  if (version == 0) {
    return fail(ErrorKind::kNotFound,
                "no repository in " + folder.path().string() + ": it has no " + std::string(role));
  }
  return folder.read_metadata(tuf::versioned_file_name(role, version));
}

Result<SignedRole> newest(const RepositoryFolder& folder, const tuf::KeyRing& keys, std::string_view role) {
  SKIFF_ASSIGN(Bytes text, newest_text(folder, role));
  return read_signed_role(std::move(text), keys, role);
}

Result<tuf::KeyRing> delegated_keys(const tuf::Targets& targets, std::string_view role) {
  const auto found = std::ranges::find(targets.delegations, role, &tuf::DelegatedRole::name);
  if (found == targets.delegations.end()) {
    return fail(ErrorKind::kFormat, "targets does not delegate to " + std::string(role));
  }
  return found->keys;
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
  RepositoryState state;
  SKIFF_ASSIGN(const Bytes root, newest_text(folder, "root"));
  SKIFF_ASSIGN(state.root, tuf::read_first_root(root));
  SKIFF_ASSIGN(state.targets, newest(folder, state.keys_of("targets"), "targets"));
  SKIFF_ASSIGN(const tuf::Targets targets, tuf::parse_targets(state.targets.signed_part));
  SKIFF_ASSIGN(state.release_keys, delegated_keys(targets, kReleasesRole));
  SKIFF_ASSIGN(state.delta_keys, delegated_keys(targets, kDeltasRole));
  SKIFF_ASSIGN(state.releases, newest(folder, state.release_keys, kReleasesRole));
  SKIFF_ASSIGN(state.deltas, newest(folder, state.delta_keys, kDeltasRole));
  return state;
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
