// skiff repo init | add-release | add-delta | publish | list
#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdio>

#include "cli/clock.hpp"
#include "cli/command.hpp"
#include "cli/key_files.hpp"
#include "skiff/repository.hpp"

namespace skiff::cli {
namespace {

namespace fs = std::filesystem;

struct RoleName {
  const char* name;
  RoleKeys RepositoryRoles::*keys;
};
constexpr std::array<RoleName, 6> kRoles = {{{"root", &RepositoryRoles::root},
                                             {"targets", &RepositoryRoles::targets},
                                             {"releases", &RepositoryRoles::releases},
                                             {"deltas", &RepositoryRoles::deltas},
                                             {"snapshot", &RepositoryRoles::snapshot},
                                             {"timestamp", &RepositoryRoles::timestamp}}};

struct InitArguments {
  std::string folder;
  std::string key_folder;
  std::array<std::vector<std::string>, kRoles.size()> role_keys;  ///< files, in the order of kRoles
  std::vector<std::string> thresholds;                            ///< "role=n"
  std::string passphrase_file;
};

/// One key per role in a folder, made where it is missing: enough to try Skiff out.
Result<void> make_missing_keys(const InitArguments& arguments, std::string_view passphrase) {
  std::error_code error;
  fs::create_directories(arguments.key_folder, error);
  if (error) return fail(ErrorKind::kIo, "cannot create " + arguments.key_folder + ": " + error.message());
  for (const RoleName& role : kRoles) {
    const fs::path file = fs::path(arguments.key_folder) / (std::string(role.name) + ".key");
    if (fs::exists(file, error)) continue;
    SKIFF_ASSIGN(const std::unique_ptr<Signer> key, generate_ed25519());
    SKIFF_TRY(save_key(*key, file, passphrase));
  }
  return {};
}

Result<void> set_threshold(RepositoryRoles& roles, const std::string& untrusted_text) {
  const std::size_t equals = untrusted_text.find('=');
  for (const RoleName& role : kRoles) {
    if (equals == std::string::npos || untrusted_text.substr(0, equals) != role.name) continue;
    std::uint32_t value = 0;
    const char* const end = untrusted_text.data() + untrusted_text.size();
    const auto [parsed_to, error] = std::from_chars(untrusted_text.data() + equals + 1, end, value);
    if (error != std::errc() || parsed_to != end || value == 0) break;
    (roles.*role.keys).threshold = value;
    return {};
  }
  return fail(ErrorKind::kUsage, "--threshold " + untrusted_text + ": wanted is ROLE=N, N at least 1");
}

Result<void> run_init(const InitArguments& arguments) {
  SKIFF_ASSIGN(const std::string passphrase, read_passphrase(arguments.passphrase_file));
  if (!arguments.key_folder.empty()) SKIFF_TRY(make_missing_keys(arguments, passphrase));
  RepositoryRoles roles;
  OwnedSigners signers;
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    std::vector<std::string> files = arguments.role_keys[i];
    if (files.empty() && !arguments.key_folder.empty()) {
      files.push_back(fs::path(arguments.key_folder) / (std::string(kRoles[i].name) + ".key"));
    }
    if (files.empty()) return fail(ErrorKind::kUsage, std::string("no key for the role ") + kRoles[i].name);
    for (const std::string& file : files) {
      if (is_public_key_file(file)) {  // of somebody who need not sign now
        SKIFF_ASSIGN(PublicKey key, read_public_key(file));
        (roles.*kRoles[i].keys).keys.push_back(std::move(key));
        continue;
      }
      SKIFF_ASSIGN(std::unique_ptr<Signer> signer, load_signer(file, passphrase));
      (roles.*kRoles[i].keys).keys.push_back(signer->public_key());
      signers.push_back(std::move(signer));
    }
  }
  for (const std::string& threshold : arguments.thresholds) SKIFF_TRY(set_threshold(roles, threshold));
  SKIFF_TRY(Repository::init(arguments.folder, roles, views_of(signers), now()));
  std::printf("%s\n", (fs::path(arguments.folder) / "metadata" / "1.root.json").c_str());
  return {};
}

struct RepoArguments {
  std::string folder;
  KeyArguments keys;
  NewRelease release;
  std::string image;
  std::string delta;
  std::string min_agent;
  bool json = false;
};

Json image_json(const ImageId& image) {
  return Json::Object{{"length", image.length}, {"sha256", image.sha256.hex()}};
}

Json release_json(const Release& release) {
  Json::Array hardware(release.hardware.begin(), release.hardware.end());
  return Json::Object{{"target", release.target},           {"hardware", std::move(hardware)},
                      {"version", release.version},         {"release_counter", release.release_counter},
                      {"image", image_json(release.image)}, {"issued", release.issued}};
}

Json delta_json(const DeltaOffer& delta) {
  return Json::Object{{"target", delta.target},
                      {"length", delta.length},
                      {"sha256", delta.sha256.hex()},
                      {"base", image_json(delta.base)},
                      {"result", image_json(delta.result)},
                      {"decoder_memory", delta.decoder_memory},
                      {"min_agent", delta.min_agent}};
}

Result<void> run_add_release(const RepoArguments& arguments) {
  SKIFF_ASSIGN(const OwnedSigners signers, load_keys(arguments.keys));
  SKIFF_ASSIGN(Repository repository, Repository::open(arguments.folder));
  SKIFF_ASSIGN(const std::unique_ptr<Source> image, open_source(arguments.image));
  SKIFF_ASSIGN(const Release release,
               repository.add_release(arguments.release, *image, views_of(signers), now()));
  std::printf("%s\n", json_text(release_json(release)).c_str());
  return {};
}

Result<void> run_add_delta(const RepoArguments& arguments) {
  SKIFF_ASSIGN(const OwnedSigners signers, load_keys(arguments.keys));
  SKIFF_ASSIGN(Repository repository, Repository::open(arguments.folder));
  SKIFF_ASSIGN(const std::unique_ptr<Source> delta, open_source(arguments.delta));
  SKIFF_ASSIGN(const DeltaOffer offer,
               repository.add_delta(*delta, arguments.min_agent, views_of(signers), now()));
  std::printf("%s\n", json_text(delta_json(offer)).c_str());
  return {};
}

Result<void> run_publish(const RepoArguments& arguments) {
  SKIFF_ASSIGN(const OwnedSigners signers, load_keys(arguments.keys));
  SKIFF_ASSIGN(Repository repository, Repository::open(arguments.folder));
  return repository.publish(views_of(signers), now());
}

void print_list(const std::vector<Release>& releases, const std::vector<DeltaOffer>& deltas) {
  for (const Release& release : releases) {
    std::string hardware;
    for (const std::string& id : release.hardware) hardware += (hardware.empty() ? "" : ",") + id;
    std::printf("%-40s counter %-8llu %-16s %12llu bytes  for %s\n", release.target.c_str(),
                static_cast<unsigned long long>(release.release_counter), release.version.c_str(),
                static_cast<unsigned long long>(release.image.length), hardware.c_str());
  }
  for (const DeltaOffer& delta : deltas) {
    std::printf("%-50s %12llu bytes%s\n", delta.target.c_str(), static_cast<unsigned long long>(delta.length),
                delta.is_full_image() ? "  full image" : "");
  }
}

Result<void> run_list(const RepoArguments& arguments) {
  SKIFF_ASSIGN(const Repository repository, Repository::open(arguments.folder));
  SKIFF_ASSIGN(const std::vector<Release> releases, repository.releases());
  SKIFF_ASSIGN(const std::vector<DeltaOffer> deltas, repository.deltas());
  if (!arguments.json) {
    print_list(releases, deltas);
    return {};
  }
  Json::Array release_list;
  for (const Release& release : releases) release_list.push_back(release_json(release));
  Json::Array delta_list;
  for (const DeltaOffer& delta : deltas) delta_list.push_back(delta_json(delta));
  const Json list = Json::Object{{"releases", std::move(release_list)}, {"deltas", std::move(delta_list)}};
  std::printf("%s\n", json_text(list).c_str());
  return {};
}

void add_init(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<InitArguments>();
  CLI::App* command = parent.add_subcommand("init", "Make a new repository, version 1 of every role");
  command->add_option("DIR", arguments->folder, "the repository's folder")->required();
  command->add_option("--keys", arguments->key_folder,
                      "folder with one key per role (root.key, …); missing ones are made");
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    command->add_option(
        std::string("--") + kRoles[i].name + "-key", arguments->role_keys[i],
        std::string("key file, pkcs11: URI, or public key as `skiff key show` prints it, of the role ") +
            kRoles[i].name + " (may be repeated)");
  }
  command->add_option("--threshold", arguments->thresholds, "signatures a role needs, as role=n");
  add_passphrase_option(*command, arguments->passphrase_file);
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_init(*arguments); }; });
}

/// A subcommand on an existing repository; `arguments` live as long as its callback.
CLI::App* add_on_repository(CLI::App& parent, Action& chosen, const char* name,
                            const std::shared_ptr<RepoArguments>& arguments,
                            Result<void> (*run)(const RepoArguments&)) {
  CLI::App* command = parent.add_subcommand(name);
  command->add_option("DIR", arguments->folder, "the repository's folder")->required();
  command->callback([arguments, run, &chosen] { chosen = [arguments, run] { return run(*arguments); }; });
  return command;
}

void add_add_release(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<RepoArguments>();
  CLI::App* command = add_on_repository(parent, chosen, "add-release", arguments, run_add_release);
  command->description("Copy an image into the repository and sign it as a release");
  add_release_options(*command, arguments->release, arguments->image);
  add_key_options(*command, arguments->keys);
}

void add_add_delta(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<RepoArguments>();
  CLI::App* command = add_on_repository(parent, chosen, "add-delta", arguments, run_add_delta);
  command->description("Copy a delta between released images into the repository and sign it");
  command->add_option("DELTA", arguments->delta, "the delta")->required();
  command->add_option("--min-agent", arguments->min_agent, "oldest agent version that can apply it");
  add_key_options(*command, arguments->keys);
}

void add_publish(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<RepoArguments>();
  CLI::App* command = add_on_repository(parent, chosen, "publish", arguments, run_publish);
  command->description("Make what was added visible, and renew what ages");
  add_key_options(*command, arguments->keys);
}

void add_list(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<RepoArguments>();
  CLI::App* command = add_on_repository(parent, chosen, "list", arguments, run_list);
  command->description("Show releases and deltas");
  command->add_flag("--json", arguments->json, "print JSON");
}

}  // namespace

void add_release_options(CLI::App& command, NewRelease& release, std::string& image) {
  command.add_option("--image", image, "the raw image")->required();
  command.add_option("--name", release.name, "its file name in the repository")->required();
  command.add_option("--hardware", release.hardware, "hardware ids it may be installed on")->required();
  command.add_option("--version", release.version, "version, for people")->required();
  command.add_option("--counter", release.release_counter, "version, for machines: always rises")->required();
}

void add_repo_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand("repo", "Keep the signed repository of releases and deltas");
  command->require_subcommand(1);
  add_init(*command, chosen);
  add_add_release(*command, chosen);
  add_add_delta(*command, chosen);
  add_publish(*command, chosen);
  add_list(*command, chosen);
}

}  // namespace skiff::cli
