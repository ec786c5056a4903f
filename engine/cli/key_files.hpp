// Keys as commands take them: files, folders of files and keys in tokens, with passphrases and PINs that
// never are arguments.
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
  std::vector<std::string> files;  ///< single ones; also URIs of keys in tokens
  std::string passphrase_file;
};

/// Adds --keys, --key and --passphrase-file.
void add_key_options(CLI::App& command, KeyArguments& arguments);
/// Adds --passphrase-file alone.
void add_passphrase_option(CLI::App& command, std::string& passphrase_file);

/// The first line of a file or descriptor (/dev/fd/3); empty if `path` is.
Result<std::string> read_passphrase(const std::string& path);

/// The key of a file or, by its pkcs11: URI, in a token.
Result<std::unique_ptr<Signer>> load_signer(const std::string& reference, std::string_view passphrase);

/// Whether the file is what `skiff key show` prints: a public key and no private one.
bool is_public_key_file(const std::string& path);
/// The public key of such a file, or of a key file; no passphrase is needed.
Result<PublicKey> read_public_key(const std::string& path);

using OwnedSigners = std::vector<std::unique_ptr<Signer>>;
/// All keys that the arguments name, a folder's in the order of their names. None at all is kUsage.
Result<OwnedSigners> load_keys(const KeyArguments& arguments);
/// The same signers as the repository wants them; valid as long as `signers`.
std::vector<const Signer*> views_of(const OwnedSigners& signers);

}  // namespace skiff::cli
