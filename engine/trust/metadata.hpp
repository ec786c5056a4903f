// Root, Timestamp, Snapshot and Targets: the signed parts of TUF metadata, read into types (specification 4.3
// to 4.6).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "skiff/tuf.hpp"
#include "trust/envelope.hpp"

namespace skiff::tuf {

inline constexpr std::array<std::string_view, 4> kTopLevelRoles = {"root", "timestamp", "snapshot",
                                                                   "targets"};

/// What every signed part begins with.
struct Header {
  std::uint64_t version = 0;  ///< at least 1
  std::int64_t expires = 0;   ///< seconds since 1970 UTC
};

struct Root {
  Header header;
  bool consistent_snapshot = false;
  std::map<std::string, KeyRing, std::less<>> roles;  ///< has all of kTopLevelRoles
};

/// What one metadata file says of another.
struct FileMeta {
  std::uint64_t version = 0;
  std::optional<std::uint64_t> length;
  std::map<std::string, std::string> hashes;  ///< algorithm → hexadecimal; empty if none were given
};

struct Timestamp {
  Header header;
  FileMeta snapshot;
};

struct Snapshot {
  Header header;
  std::map<std::string, FileMeta, std::less<>> files;  ///< by name, for example "targets.json"
};

struct DelegatedRole {
  std::string name;
  KeyRing keys;
  bool terminating = false;
  std::vector<std::string> paths;               ///< patterns, see matches_pattern()
  std::vector<std::string> path_hash_prefixes;  ///< of the hexadecimal SHA-256 of a target's name

  [[nodiscard]] bool covers(std::string_view target) const;
};

/// 2^bit_length roles with the same keys, written down in a few bytes: each has the names whose SHA-256
/// begins with the bits of its number (TAP 15). They are terminating.
struct HashBins {
  KeyRing keys;
  unsigned bit_length = 1;  ///< 1 to 32
  std::string name_prefix;

  /// "<prefix>-<number in hexadecimal>"
  [[nodiscard]] std::string name_of(std::uint32_t number) const;
  [[nodiscard]] std::uint32_t number_for(std::string_view target) const;
  bool operator==(const HashBins&) const = default;
};

struct Targets {
  Header header;
  std::map<std::string, Target, std::less<>> targets;  ///< by name; `role` of each is left empty
  std::vector<DelegatedRole> delegations;              ///< in order of priority
  std::optional<HashBins> bins;                        ///< instead of delegations
};

/// Each refuses (kFormat, naming the field) another `_type`, a specification version other than 1.x, and
/// whatever the specification demands and is not there. Unknown fields are ignored; the signature covers
/// them. Keys of kinds this build does not know are left out, so that they count for no threshold.
Result<Root> parse_root(const Json& signed_part);
Result<Timestamp> parse_timestamp(const Json& signed_part);
Result<Snapshot> parse_snapshot(const Json& signed_part);
Result<Targets> parse_targets(const Json& signed_part);
/// One entry of a targets file.
Result<Target> parse_target(const std::string& name, const Json& untrusted);

/// Shell-style patterns: `*` stands for any characters and `?` for one, neither for '/'.
bool matches_pattern(std::string_view pattern, std::string_view target);

/// kMismatch unless the bytes have the length and the hashes that are given; a file whose hashes are all of
/// unknown algorithms is refused.
Result<void> check_file(const FileMeta& meta, ByteView bytes, std::string_view name);

}  // namespace skiff::tuf
