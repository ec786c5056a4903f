// What one version of a signed part changes of another, in lines for people.
#pragma once

#include <string>
#include <vector>

#include "skiff/json.hpp"

namespace skiff {

/// First what releases and keys it adds or removes, then every single difference by its path: whatever a
/// signature would cover and the version before did not say is in a line of its own. Control characters are
/// escaped.
std::vector<std::string> change_summary(const std::string& role, const Json& before, const Json& after);

}  // namespace skiff
