// DeltaRoles: the roles that list a repository's deltas: `deltas` alone while they are few, and hashed bins
// below it when they are many, so that what a device fetches for one delta stays small (TAP 15).
#pragma once

#include <map>
#include <span>

#include "skiff/release.hpp"
#include "trust/repository_folder.hpp"
#include "trust/signed_role.hpp"

namespace skiff {

/// A role that would list more is divided. Small bins cost in every snapshot, large ones in every update:
/// with 10,000 deltas, both are about 2 KB compressed.
inline constexpr std::size_t kMaxDeltasInRole = 24;

/// Versions by role name.
using RoleVersions = std::map<std::string, std::uint64_t, std::less<>>;

/// What new versions are signed with, and when.
struct DeltaSigning {
  const tuf::KeyRing& keys;  ///< that `targets` gives to `deltas`; the bins have the same
  const SignerList& signers;
  std::int64_t now;
};

struct DeltaRoles {
  SignedRole top;                     ///< `deltas`
  std::optional<tuf::HashBins> bins;  ///< as `top` delegates to them
  RoleVersions versions;              ///< of all bins, also of those out of use: snapshots go on listing them

  /// `versions` are those of all roles. Each role is verified when it is read: `deltas` here.
  static Result<DeltaRoles> load(const RepositoryFolder& folder, const tuf::KeyRing& keys,
                                 const RoleVersions& versions);

  /// In order of their names.
  [[nodiscard]] Result<std::vector<DeltaOffer>> list(const RepositoryFolder& folder) const;
  /// The offer of this name, if there is one.
  [[nodiscard]] Result<std::optional<DeltaOffer>> find(const RepositoryFolder& folder,
                                                       const std::string& target) const;
  /// How a snapshot lists them.
  [[nodiscard]] Json::Object listing() const;

  /// Signs and writes the next version of each role that gets one of the offers; of all, where one is
  /// divided.
  Result<void> add(const RepositoryFolder& folder, std::span<const DeltaOffer> offers,
                   const DeltaSigning& signing);
  /// Signs and writes the next version of all of them if `deltas` ages, or the keys have changed: no bin
  /// expires before `deltas` does.
  Result<void> renew(const RepositoryFolder& folder, const DeltaSigning& signing);

 private:
  [[nodiscard]] Result<SignedRole> read(const RepositoryFolder& folder, const std::string& role) const;
  [[nodiscard]] std::string role_for(const std::string& target) const;
  [[nodiscard]] std::vector<std::string> roles_in_use() const;
  [[nodiscard]] Result<Json::Object> entries(const RepositoryFolder& folder) const;
  Result<void> divide(const RepositoryFolder& folder, const Json::Object& entries,
                      const DeltaSigning& signing);
  Result<void> write_top(const RepositoryFolder& folder, Json::Object targets, const DeltaSigning& signing);
  Result<void> write_bin(const RepositoryFolder& folder, const std::string& role, Json::Object targets,
                         const DeltaSigning& signing);
};

/// Whether a role is `deltas` or one of its bins.
bool is_delta_role(std::string_view role);

}  // namespace skiff
