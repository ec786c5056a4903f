// Completion scripts: what makes a shell complete the words of a command line, written from its CLI11 tree.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace skiff::shell {

/// The script of `app` and all its subcommands, by its name: subcommands, options, and the values of options
/// that have a list of them (CLI::IsMember); anything else are files.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

/// Adds the subcommand `completion SHELL`. When it is parsed, `choose` is called with a function that gives
/// the script.
template <typename Choose>
void add_completion_command(CLI::App& app, Choose choose) {
  CLI::App* const command =
      app.add_subcommand("completion", "Print what completes this command's words in a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, shell, choose] {
    choose([&app, shell] {
      return *shell == "bash"  ? bash_completion(app)
             : *shell == "zsh" ? zsh_completion(app)
                               : fish_completion(app);
    });
  });
}

}  // namespace skiff::shell
