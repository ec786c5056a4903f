// The schema of the database, as the steps that lead to it.
#pragma once

#include <span>

namespace skiff::server {

using SchemaStep = std::span<const char* const>;  ///< statements

/// Step n brings the schema from version n to n + 1. Steps are never changed, only added.
std::span<const SchemaStep> schema_steps();

}  // namespace skiff::server
