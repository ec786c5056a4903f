// RepositoryState: the metadata of a repository, newest or published, read and verified from the root down.
#pragma once

#include "trust/delta_roles.hpp"
#include "trust/release_roles.hpp"

namespace skiff {

/// What a builder extends. It is verified first: nobody signs a successor to what somebody else slipped in.
/// Dates are not looked at: old metadata can be renewed.
struct RepositoryState {
  tuf::Root root;
  SignedRole targets;
  tuf::KeyRing release_keys;
  tuf::KeyRing delta_keys;
  ReleaseRoles releases;
  DeltaRoles deltas;

  /// The newest version of each role.
  static Result<RepositoryState> load(const RepositoryFolder& folder);
  /// The versions that the timestamp leads to: what devices see. Needs no lock.
  static Result<RepositoryState> load_published(const RepositoryFolder& folder);

  [[nodiscard]] const tuf::KeyRing& keys_of(std::string_view top_level_role) const {
    return root.roles.find(top_level_role)->second;
  }
};

/// The keys that `targets` gives to a role; kFormat if it gives it none.
Result<tuf::KeyRing> delegated_keys(const tuf::Targets& targets, std::string_view role);

}  // namespace skiff
