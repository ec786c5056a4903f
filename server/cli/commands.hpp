// The commands of skiff-server, each added to the command line by one function.
#pragma once

#include <functional>

#include "skiff/result.hpp"

namespace CLI {
class App;
}

namespace skiff::server {

/// What the chosen command does; main() runs it after parsing and turns its error into a line and an exit
/// code.
using Action = std::function<Result<void>()>;

/// Each adds its subcommand to `app`; parsing that subcommand sets `chosen`, which outlives the parsing.
void add_serve_command(CLI::App& app, Action& chosen);
void add_worker_command(CLI::App& app, Action& chosen);
void add_ca_command(CLI::App& app, Action& chosen);
void add_device_command(CLI::App& app, Action& chosen);
void add_alarm_command(CLI::App& app, Action& chosen);
void add_group_command(CLI::App& app, Action& chosen);
void add_deploy_command(CLI::App& app, Action& chosen);
void add_budget_command(CLI::App& app, Action& chosen);
void add_user_command(CLI::App& app, Action& chosen);
void add_audit_command(CLI::App& app, Action& chosen);
void add_webhook_command(CLI::App& app, Action& chosen);

}  // namespace skiff::server
