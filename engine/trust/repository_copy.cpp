#include "trust/repository_copy.hpp"

#include <algorithm>

#include "trust/file_names.hpp"
#include "trust/release_names.hpp"
#include "trust/repository_intake.hpp"
#include "trust/rules.hpp"

namespace skiff {
namespace {

bool is_offline(std::string_view role) {
  return role == "root" || role == "targets" || is_role_or_bin(role, kReleasesRole);
}

bool is_copied(std::string_view role) { return is_offline(role) || role == kDeltasRole; }

/// Whether both are files of the same signed part, whoever has signed them.
bool are_same(const Json& one, const Json& other) {
  const Json* const part = one.find("signed");
  const Json* const other_part = other.find("signed");
  return part != nullptr && other_part != nullptr && *part == *other_part;
}

Result<Json> read_role_file(const RepositoryFolder& folder, const std::string& name) {
  SKIFF_ASSIGN(const Bytes text, folder.read_metadata(name));
  return parse_json(text);
}

/// The newest version that each role has among the files.
RoleVersions versions_in(const Json::Object& files) {
  RoleVersions versions;
  for (const auto& [name, unused] : files) {
    const auto [role, version] = parse_role_file_name(name);
    if (version != 0) versions[role] = std::max(versions[role], version);
  }
  return versions;
}

Result<RoleVersions> versions_in(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(const auto by_file, folder.newest_versions());
  RoleVersions versions;
  for (const auto& [file, version] : by_file) {
    const auto [role, unused] = parse_role_file_name(std::to_string(version) + "." + file);
    if (is_copied(role)) versions.emplace(role, version);
  }
  return versions;
}

/// The roots that follow the trusted one, each verified by the one before, into `trial`.
Result<void> walk_roots(const RepositoryFolder& trial, ByteView trusted_root, const Json::Object& files) {
  SKIFF_ASSIGN(tuf::Root root, tuf::read_first_root(trusted_root));
  SKIFF_TRY(trial.write_metadata(tuf::versioned_file_name("root", root.header.version), trusted_root));
  for (;;) {
    const std::string name = tuf::versioned_file_name("root", root.header.version + 1);
    const auto next = files.find(name);
    if (next == files.end()) return {};
    const std::string text = json_text(next->second);
    SKIFF_ASSIGN(root, tuf::read_next_root(root, as_bytes(text)));
    SKIFF_TRY(trial.write_metadata(name, as_bytes(text)));
  }
}

/// kMismatch unless the folder has nothing but what `files` has, or older versions.
Result<void> check_follows(const RepositoryFolder& folder, const Json::Object& files) {
  SKIFF_ASSIGN(const RoleVersions present, versions_in(folder));
  const RoleVersions theirs = versions_in(files);
  for (const auto& [role, version] : present) {
    if (role == kDeltasRole) continue;
    const auto newest = theirs.find(role);
    const std::string name = tuf::versioned_file_name(role, version);
    if (newest == theirs.end() || newest->second < version) {
      return fail(ErrorKind::kMismatch, name + " was signed here and is not there yet: upload it first");
    }
    if (newest->second != version) continue;
    SKIFF_ASSIGN(const Json own, read_role_file(folder, name));
    if (!are_same(own, files.find(name)->second)) {
      return fail(ErrorKind::kMismatch, name + " is another one there: fetch into a new folder");
    }
  }
  return {};
}

}  // namespace

Result<Json::Object> newest_role_files(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(const RoleVersions versions, versions_in(folder));
  Json::Object files;
  for (const auto& [role, newest] : versions) {
    for (std::uint64_t version = role == "root" ? 1 : newest; version <= newest; ++version) {
      const std::string name = tuf::versioned_file_name(role, version);
      Result<Json> file = read_role_file(folder, name);
      if (!file && file.error().kind == ErrorKind::kNotFound)
        continue;  // a copy has no roots before its first
      if (!file) return tl::unexpected<Error>(std::move(file).error());
      files.emplace(name, *std::move(file));
    }
  }
  return files;
}

Result<void> copy_roles(const RepositoryFolder& folder, ByteView trusted_root,
                        const Json::Object& untrusted_files) {
  SKIFF_TRY(check_follows(folder, untrusted_files));
  SKIFF_ASSIGN(const MetadataCopy trial, MetadataCopy::create(folder));
  SKIFF_TRY(walk_roots(trial.folder(), trusted_root, untrusted_files));
  for (const auto& [name, file] : untrusted_files) {
    const std::string role = parse_role_file_name(name).first;
    if (role == "root" || !is_copied(role)) continue;
    SKIFF_TRY(trial.folder().write_metadata(name, as_bytes(json_text(file))));
  }
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(trial.folder()));
  SKIFF_TRY(state.releases.list(trial.folder()));
  SKIFF_ASSIGN(const Json::Object verified, newest_role_files(trial.folder()));
  for (const auto& [name, file] : verified) {
    if (folder.read_metadata(name)) continue;  // a version never changes
    SKIFF_TRY(folder.write_metadata(name, as_bytes(json_text(file))));
  }
  return {};
}

Result<Json::Object> role_files_after(const RepositoryFolder& folder, const Json::Object& theirs) {
  SKIFF_ASSIGN(const RoleVersions present, versions_in(folder));
  const RoleVersions newest = versions_in(theirs);
  for (const auto& [role, version] : newest) {
    if (!is_offline(role)) continue;
    const std::string name = tuf::versioned_file_name(role, version);
    const Result<Json> own = read_role_file(folder, name);
    if (own && are_same(*own, theirs.find(name)->second)) continue;
    return fail(ErrorKind::kMismatch, name + " is not here, or another one: fetch, and sign what follows it");
  }
  Json::Object files;
  for (const auto& [role, version] : present) {
    if (!is_offline(role)) continue;
    const auto known = newest.find(role);
    for (std::uint64_t next = (known == newest.end() ? 0 : known->second) + 1; next <= version; ++next) {
      const std::string name = tuf::versioned_file_name(role, next);
      SKIFF_ASSIGN(files[name], read_role_file(folder, name));
    }
  }
  return files;
}

}  // namespace skiff
