// A builder's own copy of a repository that is elsewhere: which role files it takes, and which go back.
#pragma once

#include "skiff/json.hpp"
#include "trust/repository_folder.hpp"

namespace skiff {

/// Every root, and the newest version of targets, `releases`, its bins and `deltas`, by their files' names.
Result<Json::Object> newest_role_files(const RepositoryFolder& folder);

/// Writes those into `folder`, verified from `trusted_root` on. kMismatch, and nothing is written, where the
/// folder has a version that those do not have, or has as another.
Result<void> copy_roles(const RepositoryFolder& folder, ByteView trusted_root,
                        const Json::Object& untrusted_files);

/// The versions of root, targets, `releases` and its bins that follow those in `theirs`. kMismatch where the
/// newest in `theirs` is not in the folder as well.
Result<Json::Object> role_files_after(const RepositoryFolder& folder, const Json::Object& theirs);

}  // namespace skiff
