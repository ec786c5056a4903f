// skiff key generate KEY | show KEY | list URI
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/key_files.hpp"
#include "skiff/token.hpp"

namespace skiff::cli {
namespace {

struct KeyCommandArguments {
  std::string key;  ///< file or pkcs11: URI
  std::string type = "ed25519";
  bool pem = false;
  std::string passphrase_file;
};

Json key_json(const PublicKey& key) { return Json::Object{{"keyid", key.key_id()}, {"key", key.json()}}; }

Result<void> print_key(const PublicKey& key, bool pem) {
  if (pem && key.type() == KeyType::kEd25519) {
    return fail(ErrorKind::kUsage,
                "--pem: an Ed25519 key stands in metadata as hexadecimal digits, not as PEM");
  }
  if (pem)
    std::printf("%s", key.json().find("keyval")->find("public")->string()->c_str());
  else
    std::printf("%s\n", json_text(key_json(key)).c_str());
  return {};
}

Result<std::unique_ptr<Signer>> make_key(const KeyCommandArguments& arguments, KeyType type) {
  if (is_token_uri(arguments.key)) return generate_token_key(arguments.key, type);
  SKIFF_ASSIGN(const std::string passphrase, read_passphrase(arguments.passphrase_file));
  SKIFF_ASSIGN(std::unique_ptr<Signer> key, generate_key(type));
  SKIFF_TRY(save_key(*key, arguments.key, passphrase));
  return key;
}

Result<void> run_generate(const KeyCommandArguments& arguments) {
  SKIFF_ASSIGN(const KeyType type, key_type_of(arguments.type));
  SKIFF_ASSIGN(const std::unique_ptr<Signer> key, make_key(arguments, type));
  return print_key(key->public_key(), false);
}

Result<void> run_show(const KeyCommandArguments& arguments) {
  SKIFF_ASSIGN(const std::string passphrase, read_passphrase(arguments.passphrase_file));
  SKIFF_ASSIGN(const std::unique_ptr<Signer> key, load_signer(arguments.key, passphrase));
  return print_key(key->public_key(), arguments.pem);
}

Result<void> run_list(const KeyCommandArguments& arguments) {
  SKIFF_ASSIGN(const std::vector<TokenKey> keys, list_token_keys(arguments.key));
  for (const TokenKey& key : keys) {
    Json json = key_json(key.key);
    (*json.object())["uri"] = key.uri;
    std::printf("%s\n", json_text(json).c_str());
  }
  return {};
}

CLI::App* add_verb(CLI::App& parent, Action& chosen, const char* name,
                   const std::shared_ptr<KeyCommandArguments>& arguments,
                   Result<void> (*run)(const KeyCommandArguments&)) {
  CLI::App* command = parent.add_subcommand(name);
  command->add_option("KEY", arguments->key, "key file, or pkcs11: URI of a key in a token")->required();
  command->callback([arguments, run, &chosen] { chosen = [arguments, run] { return run(*arguments); }; });
  return command;
}

void add_generate(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<KeyCommandArguments>();
  CLI::App* command = add_verb(parent, chosen, "generate", arguments, run_generate);
  command->description(
      "Make a key in a new file that only its owner can read, or in a token that never gives it out");
  command->add_option("--type", arguments->type, "ed25519 (unless told), p256 or rsa");
  add_passphrase_option(*command, arguments->passphrase_file);
}

void add_show(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<KeyCommandArguments>();
  CLI::App* command = add_verb(parent, chosen, "show", arguments, run_show);
  command->description("Print the id and the public part of a key");
  command->add_flag("--pem", arguments->pem, "print the public key alone, in PEM (p256 and rsa)");
  add_passphrase_option(*command, arguments->passphrase_file);
}

void add_list(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<KeyCommandArguments>();
  add_verb(parent, chosen, "list", arguments, run_list)
      ->description("Print the keys in a token that fit a pkcs11: URI, one a line");
}

}  // namespace

void add_key_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand("key", "Make and show signing keys");
  command->require_subcommand(1);
  add_generate(*command, chosen);
  add_show(*command, chosen);
  add_list(*command, chosen);
}

}  // namespace skiff::cli
