// Publication: the snapshot and the timestamp that make a repository's newest metadata visible to devices.
#pragma once

#include "trust/repository_state.hpp"

namespace skiff {

/// Writes what is needed and no more: a snapshot if what it lists changed or it ages, then a timestamp if the
/// snapshot changed or it ages itself; and either if a key that the role has got since has not signed it.
Result<void> write_publication(const RepositoryFolder& folder, const RepositoryState& state,
                               const SignerList& signers, std::int64_t now);

}  // namespace skiff
