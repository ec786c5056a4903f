// The rules of a new release: what its fields may be, and which releases it may follow.
#pragma once

#include <vector>

#include "skiff/repository.hpp"

namespace skiff {

/// kUsage, naming the field.
Result<void> check_fields(const NewRelease& release);
/// kUsage for a name that exists, kRollback for a counter that does not rise for one of its hardware ids.
Result<void> check_successor(const std::vector<Release>& present, const NewRelease& added);

}  // namespace skiff
