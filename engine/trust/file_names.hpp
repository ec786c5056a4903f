// Names of files: the only way from an untrusted name in metadata to a path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skiff::tuf {

/// Everything but letters, digits and "-._~" percent-encoded (RFC 3986, section 2.3), so also '/'.
std::string percent_encoded(std::string_view name);
/// "targets.json": a role's file in a repository without consistent snapshots.
std::string file_name(std::string_view role);
/// "7.targets.json": a version of a role in a repository with consistent snapshots, and of root in every one.
std::string versioned_file_name(std::string_view role, std::uint64_t version);

}  // namespace skiff::tuf
