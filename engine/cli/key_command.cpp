// skiff key generate FILE | skiff key show FILE
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/key_files.hpp"

namespace skiff::cli {
namespace {

struct KeyFileArguments {
  std::string file;
  std::string passphrase_file;
};

void print_key(const PublicKey& key) {
  std::printf("%s\n", json_text(Json::Object{{"keyid", key.key_id()}, {"key", key.json()}}).c_str());
}

Result<void> run_generate(const KeyFileArguments& arguments) {
  SKIFF_ASSIGN(const std::string passphrase, read_passphrase(arguments.passphrase_file));
  SKIFF_ASSIGN(const std::unique_ptr<Signer> key, generate_ed25519());
  SKIFF_TRY(save_key(*key, arguments.file, passphrase));
  print_key(key->public_key());
  return {};
}

Result<void> run_show(const KeyFileArguments& arguments) {
  SKIFF_ASSIGN(const std::string passphrase, read_passphrase(arguments.passphrase_file));
  SKIFF_ASSIGN(const std::unique_ptr<Signer> key, load_key(arguments.file, passphrase));
  print_key(key->public_key());
  return {};
}

void add_file_command(CLI::App& parent, Action& chosen, const char* name, const char* description,
                      Result<void> (*run)(const KeyFileArguments&)) {
  auto arguments = std::make_shared<KeyFileArguments>();
  CLI::App* command = parent.add_subcommand(name, description);
  command->add_option("FILE", arguments->file, "the key file")->required();
  add_passphrase_option(*command, arguments->passphrase_file);
  command->callback([arguments, run, &chosen] { chosen = [arguments, run] { return run(*arguments); }; });
}

}  // namespace

void add_key_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand("key", "Make and show signing keys");
  command->require_subcommand(1);
  add_file_command(*command, chosen, "generate",
                   "Make an Ed25519 key in a new file that only its owner can read", run_generate);
  add_file_command(*command, chosen, "show", "Print the id and the public part of a key", run_show);
}

}  // namespace skiff::cli
