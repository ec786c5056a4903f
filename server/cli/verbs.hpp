// Verbs: the verbs of a command that works on the server's state folder, with the arguments that they share.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/state_options.hpp"
#include "shell/table.hpp"

namespace skiff::server {

/// `Arguments` has StateArguments `state`, which every verb asks for. Parsing a verb sets `chosen`, which
/// outlives the parsing; the arguments live as long as the command.
template <typename Arguments>
class Verbs {
 public:
  Verbs(CLI::App& app, const std::string& name, const std::string& description, Action& chosen)
      : command_(*app.add_subcommand(name, description)), chosen_(chosen) {
    command_.require_subcommand(1);
  }

  [[nodiscard]] Arguments& arguments() const { return *arguments_; }

  /// `run(const Arguments&)` is what the verb does.
  template <typename Run>
  CLI::App* add(const std::string& name, const std::string& description, Run run) const {
    CLI::App* const verb = command_.add_subcommand(name, description);
    add_state_options(*verb, arguments_->state);
    verb->callback([arguments = arguments_, run, &chosen = chosen_] {
      chosen = [arguments, run] { return run(*arguments); };
    });
    return verb;
  }

  /// A verb that shows a table of the database. `read(Database&, const Arguments&)` gives its lines as the
  /// API lists them.
  template <typename Read>
  CLI::App* add_list(const std::string& name, const std::string& description, const shell::Table& table,
                     Read read) const {
    auto as_json = std::make_shared<bool>(false);
    CLI::App* const verb =
        add(name, description, [table, read, as_json](const Arguments& arguments) -> Result<void> {
          SKIFF_ASSIGN(const auto database, open_database(arguments.state));
          SKIFF_ASSIGN(Json::Array items, read(*database, arguments));
          if (*as_json) {
            shell::show_as_json(table, std::move(items));
          } else {
            shell::show(table, items);
          }
          return {};
        });
    verb->add_flag("--json", *as_json, "As the API answers it");
    return verb;
  }

 private:
  CLI::App& command_;
  Action& chosen_;
  std::shared_ptr<Arguments> arguments_ = std::make_shared<Arguments>();
};

}  // namespace skiff::server
