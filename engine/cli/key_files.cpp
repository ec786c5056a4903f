#include "cli/key_files.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>

#include "skiff/io.hpp"
#include "skiff/token.hpp"

namespace skiff::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxKeyFile = 16 << 10;

Result<std::vector<std::string>> key_files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".key") files.push_back(entry->path());
  }
  if (error) return fail(ErrorKind::kIo, "cannot list " + folder + ": " + error.message());
  std::ranges::sort(files);
  return files;
}

}  // namespace

void add_passphrase_option(CLI::App& command, std::string& passphrase_file) {
  command.add_option("--passphrase-file", passphrase_file,
                     "file or descriptor (/dev/fd/3) whose first line is the passphrase of the keys");
}

void add_key_options(CLI::App& command, KeyArguments& arguments) {
  command.add_option("--keys", arguments.folder, "folder whose *.key files are used to sign");
  command.add_option("--key", arguments.files, "key file or pkcs11: URI used to sign (may be repeated)");
  add_passphrase_option(command, arguments.passphrase_file);
}

Result<std::string> read_passphrase(const std::string& path) {
  std::string line;
  if (path.empty()) return line;
  std::ifstream file(path);
  std::getline(file, line);
  if (line.empty()) return fail(ErrorKind::kUsage, path + ": no passphrase on its first line");
  return line;
}

Result<std::unique_ptr<Signer>> load_signer(const std::string& reference, std::string_view passphrase) {
  return is_token_uri(reference) ? open_token_key(reference) : load_key(reference, passphrase);
}

bool is_public_key_file(const std::string& path) {
  const Result<Bytes> text = is_token_uri(path) ? Result<Bytes>(Bytes{}) : read_file(path, kMaxKeyFile);
  const Result<Json> file = text ? parse_json(*text) : Result<Json>(Json());
  return file && object_member(*file, "key") && string_member(*file, "keyid");
}

Result<PublicKey> read_public_key(const std::string& path) {
  SKIFF_ASSIGN(const Bytes text, read_file(path, kMaxKeyFile));
  const Result<Json> file = parse_json(text);
  if (!file) return fail_with(file.error(), path);
  const Json* const key = file->find(is_public_key_file(path) ? "key" : "public");
  if (key == nullptr) return fail(ErrorKind::kFormat, path + ": no public key");
  return PublicKey::parse(*key);
}

Result<OwnedSigners> load_keys(const KeyArguments& arguments) {
  SKIFF_ASSIGN(const std::string passphrase, read_passphrase(arguments.passphrase_file));
  std::vector<std::string> files = arguments.files;
  if (!arguments.folder.empty()) {
    SKIFF_ASSIGN(const std::vector<std::string> found, key_files_in(arguments.folder));
    files.insert(files.end(), found.begin(), found.end());
  }
  if (files.empty()) return fail(ErrorKind::kUsage, "no keys to sign with: give --keys or --key");
  OwnedSigners signers;
  for (const std::string& file : files) {
    SKIFF_ASSIGN(std::unique_ptr<Signer> signer, load_signer(file, passphrase));
    signers.push_back(std::move(signer));
  }
  return signers;
}

std::vector<const Signer*> views_of(const OwnedSigners& signers) {
  std::vector<const Signer*> views;
  views.reserve(signers.size());
  for (const std::unique_ptr<Signer>& signer : signers) views.push_back(signer.get());
  return views;
}

}  // namespace skiff::cli
