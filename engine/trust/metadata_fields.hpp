// Fields that several kinds of TUF metadata share: header, keys and roles, file descriptions.
#pragma once

#include "trust/metadata.hpp"

namespace skiff::tuf {

/// `_type`, `spec_version`, `version` and `expires`.
Result<Header> parse_header(const Json& signed_part, std::string_view type);

using Keys = std::map<std::string, PublicKey, std::less<>>;
/// The object `keys` of root or of delegations; entries that this build cannot use are left out.
Result<Keys> parse_keys(const Json& parent);
/// `keyids` and `threshold` of a role, its keys looked up in `keys`. Two ids may be one key: it counts once.
Result<KeyRing> parse_key_ring(const Json& role, const Keys& keys);

/// The object `hashes`: at least one entry, none empty.
Result<std::map<std::string, std::string>> parse_hashes(const Json& hashes);
/// `version`, and `length` and `hashes` if there.
Result<FileMeta> parse_file_meta(const Json& meta);

}  // namespace skiff::tuf
