// What a repository proposes to be signed offline, and how the signed version gets into it.
#pragma once

#include "skiff/repository.hpp"
#include "trust/repository_state.hpp"

namespace skiff {

/// A request for signatures on `next`, which follows the newest version of the role.
Result<SignRequest> propose(const RepositoryFolder& folder, RolePart next);
Result<std::vector<SignRequest>> propose_all(const RepositoryFolder& folder, std::vector<RolePart> parts);

/// The file that a request makes once it is signed, judged by this repository's own metadata: the request's
/// chain is only what the request was told. kMismatch unless it follows the newest version.
Result<std::string> finish(const RepositoryFolder& folder, const SignRequest& request);

/// The next version of root, targets, or `releases` and its bins with nothing new but number and date.
Result<std::vector<RolePart>> next_parts(const RepositoryFolder& folder, const RepositoryState& state,
                                         const std::string& role, std::int64_t now);
/// `part` of root, or of targets for delegated roles, with other keys; kUsage, naming the key or role.
Result<Json> with_keys(Json part, const KeyChange& change);
/// The role whose metadata names the keys of `role`.
std::string delegator_of(const std::string& role);

}  // namespace skiff
