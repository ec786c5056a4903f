// The commands of `skiff` that ask a server, see server/OPERATORS.md.
#pragma once

#include "cli/command.hpp"

namespace skiff::cli {

// Each as those in command.hpp.
void add_login_commands(CLI::App& app, Action& chosen);
void add_deploy_command(CLI::App& app, Action& chosen);
void add_device_command(CLI::App& app, Action& chosen);
void add_user_command(CLI::App& app, Action& chosen);
void add_audit_command(CLI::App& app, Action& chosen);
void add_group_command(CLI::App& app, Action& chosen);
void add_budget_command(CLI::App& app, Action& chosen);
void add_alarm_command(CLI::App& app, Action& chosen);
void add_webhook_command(CLI::App& app, Action& chosen);
void add_delta_command(CLI::App& app, Action& chosen);
void add_token_command(CLI::App& app, Action& chosen);
/// Adds its verbs to `skiff release`.
void add_release_exchange(CLI::App& release, Action& chosen);

}  // namespace skiff::cli
