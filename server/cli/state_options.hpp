// What every command that works on a fleet asks for: the server's state folder, and where its database is.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "store/database.hpp"

namespace skiff::server {

struct StateArguments {
  std::filesystem::path folder;
  std::string database;  ///< URL; empty: SQLite in the folder
};
void add_state_options(CLI::App& command, StateArguments& state);
/// The fleet's database; `connections` and errors as Database::open has them.
Result<std::unique_ptr<Database>> open_database(const StateArguments& state, unsigned connections = 1);

}  // namespace skiff::server
