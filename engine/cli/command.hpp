// The shape of a `skiff` command: it registers its options and, when chosen, says what to run.
#pragma once

#include <functional>

#include "skiff/repository.hpp"
#include "skiff/result.hpp"

namespace CLI {
class App;
}

namespace skiff::cli {

/// Exit codes of every Skiff program.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

/// What the chosen command does; main() runs it after parsing, prints its error and turns it into an exit
/// code.
using Action = std::function<Result<void>()>;

/// Each adds its subcommand to `app`; parsing that subcommand sets `chosen`, which outlives the parsing.
void add_diff_command(CLI::App& app, Action& chosen);
void add_apply_command(CLI::App& app, Action& chosen);
void add_inspect_command(CLI::App& app, Action& chosen);
void add_doctor_command(CLI::App& app, Action& chosen);
void add_verify_command(CLI::App& app, Action& chosen);
void add_key_command(CLI::App& app, Action& chosen);
void add_repo_command(CLI::App& app, Action& chosen);
void add_tuf_command(CLI::App& app, Action& chosen);
void add_sign_command(CLI::App& app, Action& chosen);
void add_release_command(CLI::App& app, Action& chosen);

/// Options that say what a new release is.
void add_release_options(CLI::App& command, NewRelease& release, std::string& image);

}  // namespace skiff::cli
