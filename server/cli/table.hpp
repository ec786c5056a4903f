// Tables: how lists are shown: lines of members with tabs between them for people, JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "skiff/json.hpp"

namespace skiff::server {

/// A list that a verb shows: its name in the API's answer, and the members that make the columns.
struct Table {
  const char* name;
  std::vector<const char*> columns;
};

/// A member as people read it: yes and no for booleans, the members of lists with spaces between them.
std::string shown(const Json& value);

/// To standard output: a line of headings and one for each item, or {"v": 1, name: [items]} as the API has
/// it.
void show(const Table& table, Json::Array items, bool as_json);

}  // namespace skiff::server
