#include "cli/state_options.hpp"

#include "fleet_server.hpp"

namespace skiff::server {

void add_state_options(CLI::App& command, StateArguments& state) {
  command.add_option("--state", state.folder, "State folder of the server, made by `serve` if missing")
      ->required();
  command
      .add_option("--database", state.database,
                  "sqlite:PATH or postgresql://HOST/NAME, without a password (libpq finds it in PGPASSFILE); "
                  "SQLite in the state folder unless told")
      ->envname("SKIFF_DATABASE");
}

Result<std::unique_ptr<Database>> open_database(const StateArguments& state, unsigned connections) {
  return Database::open(database_url(state.folder, state.database), connections);
}

}  // namespace skiff::server
