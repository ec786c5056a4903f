// Key files as commands take them: one by one or a folder of them, with a passphrase that never is an
// argument.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "skiff/trust.hpp"

namespace CLI {
class App;
}

namespace skiff::cli {

/// Options of every command that signs.
struct KeyArguments {
  std::string folder;              ///< of *.key files
  std::vector<std::string> files;  ///< single ones
  std::string passphrase_file;
};

/// Adds --keys, --key and --passphrase-file.
void add_key_options(CLI::App& command, KeyArguments& arguments);
/// Adds --passphrase-file alone.
void add_passphrase_option(CLI::App& command, std::string& passphrase_file);

/// The first line of a file or descriptor (/dev/fd/3); empty if `path` is.
Result<std::string> read_passphrase(const std::string& path);

using OwnedSigners = std::vector<std::unique_ptr<Signer>>;
/// All keys that the arguments name, a folder's in the order of their names. None at all is kUsage.
Result<OwnedSigners> load_keys(const KeyArguments& arguments);
/// The same signers as the repository wants them; valid as long as `signers`.
std::vector<const Signer*> views_of(const OwnedSigners& signers);

}  // namespace skiff::cli
