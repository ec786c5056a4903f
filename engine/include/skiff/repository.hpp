// Repository: the builder's side of TUF: a folder of signed metadata and targets that any public client can
// read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "skiff/release.hpp"
#include "skiff/signing.hpp"
#include "skiff/trust.hpp"

namespace skiff {

/// Keys by role; a role may have several, and several may be needed.
struct RoleKeys {
  std::vector<PublicKey> keys;
  std::uint32_t threshold = 1;
};

struct RepositoryRoles {
  RoleKeys root, targets, releases, deltas, snapshot, timestamp;
};

struct NewRelease {
  std::string name;  ///< after "releases/": letters, digits, '.', '_', '-'; no '/', which the delegation's
                     ///< path does not cross
  std::vector<std::string> hardware;
  std::string version;
  std::uint64_t release_counter = 0;
};

/// Keys that come and go of one role.
struct KeyChange {
  std::string role;
  std::vector<PublicKey> added;
  std::vector<std::string> removed;  ///< key ids
  std::optional<std::uint32_t> threshold;
};

/// Layout of the folder (consistent snapshots, spec 6.2):
///   metadata/N.root.json  N.targets.json  N.releases.json  N.deltas.json  N.snapshot.json  timestamp.json
///   targets/releases/<sha256>.<name>   targets/deltas/<sha256>.<name>
/// Many deltas are listed in hashed bins below `deltas`, N.deltas-<number>.json, twice as many as soon as one
/// is full, and many releases in 128 below `releases`, each of which is there once it lists one. Everything
/// appears atomically; readers may read while a writer writes; two writers exclude each other by a lock.
/// Signers: a call takes those it needs and refuses (kSignature) where the role's threshold is not met.
class Repository {
 public:
  using Signers = std::vector<const Signer*>;

  /// Makes version 1 of every role. `now` is seconds since 1970 UTC; expiries are those of trust.md.
  static Result<Repository> init(const std::filesystem::path& folder, const RepositoryRoles& roles,
                                 const Signers& signers, std::int64_t now);
  static Result<Repository> open(const std::filesystem::path& folder);
  ~Repository();
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;

  /// Copies the image into targets/ and signs a new version of `releases`. Refuses a counter that does not
  /// rise for one of its hardware ids, and a name that exists (kRollback, kUsage).
  Result<Release> add_release(const NewRelease& release, const Source& image, const Signers& signers,
                              std::int64_t now);
  /// Checks the delta's head against the releases the repository has, copies it into targets/ and signs a new
  /// version of `deltas`.
  Result<DeltaOffer> add_delta(const Source& delta, std::string_view min_agent, const Signers& signers,
                               std::int64_t now);
  /// Signs a new version of `deltas` without the deltas of these target names; those it does not have are
  /// passed over. Their files stay as long as something published lists them, see remove_unlisted().
  Result<void> drop_deltas(const std::vector<std::string>& targets, const Signers& signers, std::int64_t now);
  /// Removes the files of deltas and block trees that neither the newest metadata nor what is published
  /// lists; how many bytes. Images stay: their signature may be under way.
  Result<std::uint64_t> remove_unlisted();
  /// Makes what was added visible: a new snapshot and timestamp. Called again later, renews `deltas`,
  /// snapshot and timestamp where less than half of their life is left; does nothing if nothing changed and
  /// nothing ages.
  Result<void> publish(const Signers& signers, std::int64_t now);
  /// As publish(), but releases stay those that are published: what a server does, which holds the online
  /// keys only and may find a builder half way through its additions.
  Result<void> publish_deltas(const Signers& signers, std::int64_t now);
  /// Renews what is published where less than half of its life is left, and makes visible nothing that was
  /// added since; but `deltas`, when they age, are renewed as they are now.
  Result<void> renew(const Signers& signers, std::int64_t now);

  /// For keys that are elsewhere: what add_release() would sign, as requests that belong together. The image
  /// is copied into targets/.
  Result<std::vector<SignRequest>> propose_release(const NewRelease& release, const Source& image,
                                                   std::int64_t now);
  /// The next root, or for `releases` and `deltas` the next targets, with other keys. A planned rotation
  /// takes two steps, so that no device is ever without a key that it knows: first the new key comes, later
  /// the old one goes.
  Result<std::vector<SignRequest>> propose_keys(const KeyChange& change, std::int64_t now);
  /// The next version of root, targets, or releases and its bins with nothing new but their date, signed by
  /// whoever signs today.
  Result<std::vector<SignRequest>> propose_renewal(const std::string& role, std::int64_t now);
  /// Takes the signed versions in, all or none: kSignature unless the thresholds of this repository's own
  /// metadata are met, kMismatch if one follows another version than the newest, kRollback or kNotFound for a
  /// release that add_release() would refuse or whose image is not in targets/.
  Result<void> import(const std::vector<SignRequest>& requests);

  /// What a builder elsewhere needs to go on: every root, and the newest version of targets, `releases`, its
  /// bins and `deltas`, as metadata files by name ("4.releases.json").
  [[nodiscard]] Result<Json::Object> role_files() const;
  /// A builder's copy of a repository that is elsewhere, without its targets, made or brought up to date from
  /// its role_files(). Every file is verified, from a root on that is trusted. kMismatch where the folder has
  /// versions that those do not have.
  static Result<Repository> copy(const std::filesystem::path& folder, ByteView trusted_root,
                                 const Json::Object& untrusted_files);
  /// The versions that were signed here after those in `theirs`, the role_files() of the repository that this
  /// is a copy of. kMismatch where that has moved on.
  [[nodiscard]] Result<Json::Object> role_files_after(const Json::Object& theirs) const;
  /// Takes such versions in, all or none, as import() does; those that are here already are passed over. The
  /// images of new releases are in targets/, or in the folder `images` by their SHA-256 in hexadecimal: from
  /// there they are moved, so that it is on the same file system, and whoever put them there has verified
  /// them.
  Result<void> accept(const Json::Object& untrusted_files, const std::filesystem::path& images);

  /// What the newest metadata lists, whether published yet or not.
  [[nodiscard]] Result<std::vector<Release>> releases() const;
  [[nodiscard]] Result<std::vector<DeltaOffer>> deltas() const;
  /// What devices see: the lists that the timestamp leads to. Asked again, reads what has changed.
  [[nodiscard]] Result<std::vector<Release>> published_releases() const;
  [[nodiscard]] Result<std::vector<DeltaOffer>> published_deltas() const;
  /// The file of an image or delta in targets/.
  [[nodiscard]] std::filesystem::path target_file(std::string_view target, const Sha256& sha256) const;
  [[nodiscard]] const std::filesystem::path& folder() const;

 private:
  class Impl;
  explicit Repository(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff
