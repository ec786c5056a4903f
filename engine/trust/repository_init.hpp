// The first version of every role of a new repository.
#pragma once

#include "skiff/repository.hpp"
#include "trust/repository_folder.hpp"

namespace skiff {

/// Root is written last: a folder with a root is a whole repository.
Result<void> write_first_versions(const RepositoryFolder& folder, const RepositoryRoles& roles,
                                  const Repository::Signers& signers, std::int64_t now);

}  // namespace skiff
