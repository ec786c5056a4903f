// ReleaseRoles: the roles that list a repository's releases, `releases` and its bins. They are signed
// offline, perhaps on other machines: what is to be signed is made here, not signed.
#pragma once

#include <span>

#include "skiff/release.hpp"
#include "trust/binned_role.hpp"

namespace skiff {

/// Where `releases` would list more, all of them go into bins, once and for all: it costs its signers as many
/// signatures as there are bins with something in them, and later releases one each.
inline constexpr std::size_t kMaxReleasesInRole = 24;
/// 128 bins: with 1,000 releases, about 8 in the one that a device fetches.
inline constexpr unsigned kReleaseBinBits = 7;

/// The next version of a role, to be signed.
struct RolePart {
  std::string role;
  Json part;
};

struct ReleaseRoles : BinnedRole {
  /// `keys` are those that `targets` gives to `releases`; the bins have those that `releases` gives them.
  static Result<ReleaseRoles> load(const RepositoryFolder& folder, const tuf::KeyRing& keys,
                                   const RoleVersions& versions);

  /// In order of their names. What `known` has is not read again, and it is brought up to date; null: all is
  /// read.
  [[nodiscard]] Result<std::vector<Release>> list(const RepositoryFolder& folder,
                                                  ReadBins<Release>* known = nullptr) const;

  // The parts below are to be written in the order in which they are given: the role itself comes last.

  /// What lists these releases more; `keys` are the bins' if they are made now.
  [[nodiscard]] Result<std::vector<RolePart>> with(const RepositoryFolder& folder,
                                                   std::span<const Release> added, const tuf::KeyRing& keys,
                                                   std::int64_t now) const;
  /// Everything as it is, with a later date, the bins to be signed with these keys.
  [[nodiscard]] Result<std::vector<RolePart>> renewed(const RepositoryFolder& folder,
                                                      const tuf::KeyRing& keys, std::int64_t now) const;
  /// The role itself with these keys for its bins, which stay as they are.
  [[nodiscard]] RolePart with_keys(const tuf::KeyRing& keys, std::int64_t now) const;

 private:
  [[nodiscard]] Result<std::vector<RolePart>> with_bins(const Json::Object& entries, const tuf::KeyRing& keys,
                                                        std::int64_t now) const;
};

}  // namespace skiff
