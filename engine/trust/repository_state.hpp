// RepositoryState: the metadata of a repository, newest or published, read and verified from the root down.
#pragma once

#include "skiff/release.hpp"
#include "trust/delta_roles.hpp"
#include "trust/repository_folder.hpp"
#include "trust/signed_role.hpp"

namespace skiff {

/// What a builder extends. It is verified first: nobody signs a successor to what somebody else slipped in.
/// Dates are not looked at: old metadata can be renewed.
struct RepositoryState {
  tuf::Root root;
  SignedRole targets;
  tuf::KeyRing release_keys;
  tuf::KeyRing delta_keys;
  SignedRole releases;
  DeltaRoles deltas;

  /// The newest version of each role.
  static Result<RepositoryState> load(const RepositoryFolder& folder);
  /// The versions that the timestamp leads to: what devices see. Needs no lock.
  static Result<RepositoryState> load_published(const RepositoryFolder& folder);

  [[nodiscard]] const tuf::KeyRing& keys_of(std::string_view top_level_role) const {
    return root.roles.find(top_level_role)->second;
  }
  /// In order of their names.
  [[nodiscard]] Result<std::vector<Release>> release_list() const;
};

/// The part of `role` with a target more (or another in its place), one version further.
Json with_target(const SignedRole& role, const std::string& name, Json entry, std::int64_t expires);

}  // namespace skiff
