// The TUF client workflow (specification 1.0.34): from a trusted root to a target's length, hashes and custom
// data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "skiff/bytes.hpp"
#include "skiff/json.hpp"

namespace skiff::tuf {

/// The name of a file on this machine for whatever metadata calls `name`: percent-encoded (RFC 3986, section
/// 2.3), "." and ".." too, so that it leads out of no folder; of a name longer than file systems take, its
/// beginning and its SHA-256.
std::string local_file_name(std::string_view name);

/// Brings metadata from wherever it is.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  /// The file `name` of the metadata folder (for example "2.root.json"; already percent-encoded), at most
  /// `max_length` bytes: a longer one is kLimit. nullopt: the repository has no such file (404).
  virtual Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) = 0;
};

/// The few small files that a client keeps, for whoever embeds it and has storage of its own.
class MetadataFiles {
 public:
  virtual ~MetadataFiles() = default;
  /// A file longer than `max_length` is kLimit, a missing one kNotFound.
  [[nodiscard]] virtual Result<Bytes> read(const std::filesystem::path& file,
                                           std::uint64_t max_length) const = 0;
  /// The whole file or none of it, and durable when it returns.
  virtual Result<void> replace(const std::filesystem::path& file, ByteView bytes) = 0;
  /// Removing what is not there is no error. Need not be durable: a file that comes back is verified again.
  virtual Result<void> remove(const std::filesystem::path& file) = 0;
};

/// Files larger than these, and searches through more delegations, are kLimit. Root is walked `root_steps` at
/// most in one cycle, and on from there in the next: no device is too far behind.
struct Limits {
  std::uint64_t root = 512'000;
  std::uint64_t timestamp = 16'384;
  std::uint64_t snapshot = 2'000'000;
  std::uint64_t targets = 5'000'000;
  std::uint32_t root_steps = 256;
  std::uint32_t delegations = 32;
};

struct Target {
  std::string name;          ///< its path in targets metadata, for example "releases/gw1/2.0.img"
  std::uint64_t length = 0;  ///< bytes
  std::map<std::string, std::string> hashes;  ///< algorithm ("sha256", "sha512") → hexadecimal
  Json custom;                                ///< as signed; null if there is none
  std::string role;  ///< the role that vouches for it: "targets", "releases", "deltas", …

  bool hash_prefixed = true;  ///< whether the repository names its file by the hash (consistent snapshots)

  /// Where the repository keeps it: if `hash_prefixed`, the hash put before the last part of the name.
  [[nodiscard]] std::string wire_path() const;
  /// kMismatch unless the bytes have this length and these hashes; kUnsupported where all hashes are of
  /// unknown algorithms.
  [[nodiscard]] Result<void> check(ByteView bytes) const;
};

struct ClientOptions {
  std::filesystem::path
      metadata_dir;      ///< holds root.json, timestamp.json, … unversioned, byte for byte as served
  std::int64_t now = 0;  ///< trusted time, seconds since 1970 UTC: what expiry is judged by
  Limits limits;
  MetadataFiles* files = nullptr;  ///< outlives the client; null: the system's files
};

/// One update cycle of one repository. Versions are persisted before they are used; what is on disk is
/// verified again on load, against its current delegator. Errors: kSignature, kExpired, kRollback, kFormat,
/// kLimit, kMismatch, kNotFound, kNetwork (as the fetcher gave it), kIo. A failed refresh leaves the trusted
/// state usable.
class Client {
 public:
  /// Puts the first trusted root in place (brought with the device, not from the network). No request is
  /// made. The same root again is no error; a folder that trusts another one already is kUsage.
  static Result<void> init(const std::filesystem::path& metadata_dir, ByteView root);
  static Result<Client> open(ClientOptions options, Fetcher& fetcher);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  /// Root walk, timestamp, snapshot, targets (spec 5.3 to 5.6).
  Result<void> refresh();
  /// Looks a target up through the delegations (spec 5.6.7), refreshing first if that was not done. nullopt:
  /// no role vouches for it. An error, of its cause's kind: a role on the way is missing or does not hold.
  Result<std::optional<Target>> find(std::string_view name);
  /// Every target that a named role vouches for, after find()'s rules for trusting that role. The role is
  /// none of hashed bins: those share their names' targets, and find() leads to them.
  Result<std::vector<Target>> list(std::string_view role);

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::tuf
