// SignedRole: a version of a role's metadata in a repository, how it is read back and how the next one is
// signed.
#pragma once

#include <string>
#include <vector>

#include "trust/metadata.hpp"

namespace skiff {

using SignerList = std::vector<const Signer*>;

/// How long a new version of each role holds, in seconds: trust.md's table.
inline constexpr std::int64_t kDay = 86'400;
inline constexpr std::int64_t kRootLife = 365 * kDay;
inline constexpr std::int64_t kTargetsLife = 365 * kDay;
inline constexpr std::int64_t kReleasesLife = 182 * kDay;
inline constexpr std::int64_t kDeltasLife = 7 * kDay;
inline constexpr std::int64_t kSnapshotLife = 7 * kDay;
inline constexpr std::int64_t kTimestampLife = 1 * kDay;

/// One version, signed.
struct SignedRole {
  tuf::Header header;
  Json signed_part;
  Bytes text;  ///< the file

  /// How a snapshot or timestamp lists it.
  [[nodiscard]] tuf::FileMeta listing() const;
};

/// Begins a signed part: type, version 1, and a date of expiry.
Json new_signed_part(std::string_view type, std::int64_t expires);
/// The same part one version further, with another date of expiry.
Json next_signed_part(const SignedRole& role, std::int64_t expires);

/// kSignature, naming the role, unless the signers can meet the ring's threshold.
Result<void> check_signers(const tuf::KeyRing& ring, std::string_view role, const SignerList& signers);
/// Signs with every signer that has a key in the ring, and reads the file back as a client would.
Result<SignedRole> sign_role(const Json& signed_part, const tuf::KeyRing& ring, std::string_view role,
                             const SignerList& signers);
/// A file of the repository, its signatures checked.
Result<SignedRole> read_signed_role(Bytes text, const tuf::KeyRing& ring, std::string_view role);

/// How a listing is written.
Json file_meta_json(const tuf::FileMeta& meta);
/// Whether less than half of a life is left.
bool is_ageing(const tuf::Header& header, std::int64_t life, std::int64_t now);
/// Whether one of these signers has a key of the ring and has not signed this version: a rotation brought it.
bool lacks_signature(const SignedRole& role, const tuf::KeyRing& ring, const SignerList& signers);

}  // namespace skiff
