// How `skiff inspect --base` shows why a delta is as large as it is.
#pragma once

#include <string>

#include "skiff/explain.hpp"
#include "skiff/json.hpp"

namespace skiff::cli {

/// "parts", "kinds", "places" with at most `top` of them, "other_places", "elsewhere" and "findings"; all in
/// bytes of the delta.
Json::Object explanation_json(const DeltaExplanation& explanation, std::size_t top);
/// The same for people, as tables.
std::string explanation_text(const DeltaExplanation& explanation, std::size_t top);

}  // namespace skiff::cli
