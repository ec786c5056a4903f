// How `skiff diff` and `skiff inspect` show a delta: as text for people and as JSON for programs.
#pragma once

#include <string>
#include <string_view>

#include "skiff/diff.hpp"
#include "skiff/json.hpp"

namespace skiff::cli {

/// Sizes, segments and memory; every number in bytes unless its name says otherwise.
Json report_json(const DiffReport& report);
/// The same for people: a table of bytes by what they say, then segments and memory.
std::string report_text(const DiffReport& report);

/// "6 746 935": digits in groups of three.
std::string grouped(std::uint64_t number);

/// A line of a table: bytes, what percentage of the whole they are, what they are.
std::string table_row(std::string_view name, std::uint64_t bytes, std::uint64_t whole);

}  // namespace skiff::cli
