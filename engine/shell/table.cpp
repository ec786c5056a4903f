#include "shell/table.hpp"

#include <cstdio>

namespace skiff::shell {
namespace {

/// The texts that are not empty, with `between` between them.
void append(std::string& text, const std::string& more, char between) {
  if (more.empty()) return;
  if (!text.empty()) text += between;
  text += more;
}

}  // namespace

const Table& devices_table() {
  static const Table kTable = {"devices",
                               {"serial", "admission", "hardware", "version", "counter", "state",
                                "last_contact", "received", "sent", "held", "key"}};
  return kTable;
}

const Table& claims_table() {
  static const Table kTable = {"claims", {"serial", "admission", "address", "first", "last", "key"}};
  return kTable;
}

const Table& users_table() {
  static const Table kTable = {"users", {"user", "disabled", "password", "totp", "grants"}};
  return kTable;
}

const Table& deployments_table() {
  static const Table kTable = {
      "deployments",
      {"id", "state", "release", "group", "phase", "phases", "started", "committed", "failed", "reason"}};
  return kTable;
}

const Table& audit_table() {
  static const Table kTable = {"entries", {"number", "time", "who", "verb", "object", "detail"}};
  return kTable;
}

const Table& releases_table() {
  static const Table kTable = {"releases",
                               {"release", "counter", "version", "hardware", "length", "sha256", "issued"}};
  return kTable;
}

const Table& uploads_table() {
  static const Table kTable = {"uploads",
                               {"name", "offset", "length", "verified", "user", "begun", "sha256"}};
  return kTable;
}

const Table& groups_table() {
  static const Table kTable = {"groups", {"name", "devices", "protected", "metered", "filter"}};
  return kTable;
}

const Table& budgets_table() {
  static const Table kTable = {"budgets", {"of", "group", "deployment", "period", "bytes", "spent", "ends"}};
  return kTable;
}

const Table& webhooks_table() {
  static const Table kTable = {"webhooks", {"id", "state", "url", "events", "sent", "waiting", "error"}};
  return kTable;
}

const Table& alarms_table() {
  static const Table kTable = {"alarms", {"severity", "kind", "subject", "first", "last", "times", "detail"}};
  return kTable;
}

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

void show(const Table& table, const Json::Array& items) {
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
  std::fputs(lines.c_str(), stdout);
}

void show_as_json(const Table& table, Json::Array items) {
  const Json answer = Json::Object{{"v", 1}, {table.name, std::move(items)}};
  std::printf("%s\n", json_text(answer).c_str());
}

}  // namespace skiff::shell
