// DeltaRoles: the roles that list a repository's deltas, `deltas` and its bins, written with online keys.
#pragma once

#include <span>

#include "skiff/release.hpp"
#include "trust/binned_role.hpp"

namespace skiff {

/// A role that would list more is divided. Small bins cost in every snapshot, large ones in every update:
/// with 10,000 deltas, both are about 2 KB compressed.
inline constexpr std::size_t kMaxDeltasInRole = 24;

/// What new versions are signed with, and when.
struct DeltaSigning {
  const tuf::KeyRing& keys;  ///< that `targets` gives to `deltas`; the bins have the same
  const SignerList& signers;
  std::int64_t now;
};

struct DeltaRoles : BinnedRole {
  static Result<DeltaRoles> load(const RepositoryFolder& folder, const tuf::KeyRing& keys,
                                 const RoleVersions& versions);

  /// In order of their names. What `known` has is not read again, and it is brought up to date; null: all is
  /// read.
  [[nodiscard]] Result<std::vector<DeltaOffer>> list(const RepositoryFolder& folder,
                                                     ReadBins<DeltaOffer>* known = nullptr) const;
  /// The offer of this name, if there is one.
  [[nodiscard]] Result<std::optional<DeltaOffer>> find(const RepositoryFolder& folder,
                                                       const std::string& target) const;
  /// Signs and writes the next version of each role that gets one of the offers; of all, where one is
  /// divided.
  Result<void> add(const RepositoryFolder& folder, std::span<const DeltaOffer> offers,
                   const DeltaSigning& signing);
  /// Signs and writes the next version of each role that lists one of the targets, without them.
  Result<void> drop(const RepositoryFolder& folder, std::span<const std::string> targets,
                    const DeltaSigning& signing);
  /// Signs and writes the next version of all of them if `deltas` ages, or the keys have changed: no bin
  /// expires before `deltas` does.
  Result<void> renew(const RepositoryFolder& folder, const DeltaSigning& signing);

 private:
  Result<void> divide(const RepositoryFolder& folder, const Json::Object& entries,
                      const DeltaSigning& signing);
  Result<void> write(const RepositoryFolder& folder, const std::string& role, Json::Object targets,
                     const DeltaSigning& signing);
};

}  // namespace skiff
