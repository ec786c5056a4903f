// Tables: how lists are shown: lines of members with tabs between them for people, JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "skiff/json.hpp"

namespace skiff::shell {

/// A list that a verb shows: its name in the API's answer, and the members that make the columns.
struct Table {
  const char* name;
  std::vector<const char*> columns;
};

// The lists of server/OPERATORS.md that both command lines show.
const Table& devices_table();
const Table& claims_table();
const Table& users_table();
const Table& deployments_table();
const Table& audit_table();
const Table& releases_table();
const Table& uploads_table();
const Table& groups_table();
const Table& budgets_table();
const Table& webhooks_table();
const Table& alarms_table();

/// A member as people read it: yes and no for booleans, the members of lists with spaces between them.
std::string shown(const Json& value);

/// To standard output: a line of headings and one for each item.
void show(const Table& table, const Json::Array& items);
/// To standard output, as the API answers it: {"v": 1, name: [items]}.
void show_as_json(const Table& table, Json::Array items);

}  // namespace skiff::shell
