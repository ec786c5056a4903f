#include "cli/table.hpp"

#include <iostream>

#include "fleet/operator_body.hpp"

namespace skiff::server {
namespace {

/// The texts that are not empty, with `between` between them.
void append(std::string& text, const std::string& more, char between) {
  if (more.empty()) return;
  if (!text.empty()) text += between;
  text += more;
}

}  // namespace

std::string shown(const Json& value) {
  if (const bool* const flag = value.boolean()) return *flag ? "yes" : "no";
  if (const std::int64_t* const number = value.integer()) return std::to_string(*number);
  if (const std::string* const text = value.string()) return *text;
  std::string text;
  if (const Json::Array* const items = value.array()) {
    for (const Json& item : *items) append(text, shown(item), ' ');
  }
  if (const Json::Object* const members = value.object()) {
    for (const auto& [name, member] : *members) append(text, shown(member), ':');
  }
  return text;
}

void show(const Table& table, Json::Array items, bool as_json) {
  if (as_json) {
    std::cout << json_text(answer_list(table.name, std::move(items))) << '\n';
    return;
  }
  std::string lines;
  for (const char* const column : table.columns) lines += (lines.empty() ? "" : "\t") + std::string(column);
  lines += '\n';
  for (const Json& item : items) {
    std::string line;
    for (const char* const column : table.columns) {
      if (column != table.columns.front()) line += '\t';
      const Json* const member = item.find(column);
      if (member != nullptr) line += shown(*member);
    }
    lines += line + '\n';
  }
  std::cout << lines;
}

}  // namespace skiff::server
