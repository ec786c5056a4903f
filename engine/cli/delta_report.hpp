// How `skiff diff` and `skiff inspect` show a delta: as text for people and as JSON for programs.
#pragma once

#include <string>

#include "skiff/diff.hpp"
#include "skiff/json.hpp"

namespace skiff::cli {

/// Sizes, segments and memory; every number in bytes unless its name says otherwise.
Json report_json(const DiffReport& report);
/// The same for people: a table of bytes by what they say, then segments and memory.
std::string report_text(const DiffReport& report);

/// "6 746 935": digits in groups of three.
std::string grouped(std::uint64_t number);

}  // namespace skiff::cli
