// skiff sign export release|keys|renewal | approve | import: signatures from machines without a network.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "cli/clock.hpp"
#include "cli/command.hpp"
#include "cli/key_files.hpp"
#include "skiff/io.hpp"
#include "skiff/repository.hpp"

namespace skiff::cli {
namespace {

constexpr std::uint64_t kMaxRequest = std::uint64_t{16} << 20;
constexpr std::uint64_t kMaxRoot = 512'000;

struct ExportArguments {
  std::string folder;
  std::string out;
  NewRelease release;
  std::string image;
  std::string role;
  std::vector<std::string> added;  ///< files of keys
  std::vector<std::string> removed;
  std::uint32_t threshold = 0;
};

struct ApproveArguments {
  std::string request;
  std::string root;
  KeyArguments keys;
  bool yes = false;
};

struct ImportArguments {
  std::string folder;
  std::vector<std::string> requests;
};

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
}

using Requests = std::vector<SignRequest>;

Result<Requests> read_requests(const std::string& path) {
  SKIFF_ASSIGN(const Bytes text, read_file(path, kMaxRequest));
  Result<Requests> requests = parse_sign_requests(text);
  if (!requests) return fail_with(requests.error(), path);
  return requests;
}

Result<void> write_requests(const Requests& requests, const std::string& path) {
  return write_file(path, as_bytes(sign_requests_text(requests)));
}

Result<void> export_requests(const Result<Requests>& requests, const ExportArguments& arguments) {
  if (!requests) return tl::unexpected<Error>(requests.error());
  SKIFF_TRY(write_requests(*requests, arguments.out));
  for (const SignRequest& request : *requests) print_lines(request.summary());
  return {};
}

Result<void> print_progress(const Requests& requests) {
  for (const SignRequest& request : requests) {
    SKIFF_ASSIGN(const std::vector<std::string> progress, request.progress());
    print_lines(progress);
  }
  return {};
}

/// Adds a key's signatures wherever it has to sign; kUsage if that is nowhere.
Result<void> sign(Requests& requests, const Signer& key) {
  Result<void> outcome = {};
  std::size_t signatures = 0;
  for (SignRequest& request : requests) {
    const Result<void> added = request.sign(key);
    if (added) {
      ++signatures;
    } else if (added.error().kind == ErrorKind::kUsage) {
      outcome = added;
    } else {
      return added;
    }
  }
  return signatures > 0 ? Result<void>() : outcome;
}

Result<void> merge(Requests& requests, const Requests& copy) {
  if (copy.size() != requests.size()) {
    return fail(ErrorKind::kMismatch, "requests for signatures of different things");
  }
  for (std::size_t i = 0; i < requests.size(); ++i) SKIFF_TRY(requests[i].merge(copy[i]));
  return {};
}

Result<void> run_export_release(const ExportArguments& arguments) {
  SKIFF_ASSIGN(Repository repository, Repository::open(arguments.folder));
  SKIFF_ASSIGN(const std::unique_ptr<Source> image, open_source(arguments.image));
  return export_requests(repository.propose_release(arguments.release, *image, now()), arguments);
}

Result<void> run_export_keys(const ExportArguments& arguments) {
  KeyChange change;
  change.role = arguments.role;
  change.removed = arguments.removed;
  if (arguments.threshold != 0) change.threshold = arguments.threshold;
  for (const std::string& file : arguments.added) {
    SKIFF_ASSIGN(PublicKey key, read_public_key(file));
    change.added.push_back(std::move(key));
  }
  SKIFF_ASSIGN(Repository repository, Repository::open(arguments.folder));
  return export_requests(repository.propose_keys(change, now()), arguments);
}

Result<void> run_export_renewal(const ExportArguments& arguments) {
  SKIFF_ASSIGN(Repository repository, Repository::open(arguments.folder));
  return export_requests(repository.propose_renewal(arguments.role, now()), arguments);
}

/// What a person answers; no terminal, no yes.
bool agreed() {
  std::printf("sign this? [yes/no] ");
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

Result<void> run_approve(const ApproveArguments& arguments) {
  SKIFF_ASSIGN(Requests requests, read_requests(arguments.request));
  SKIFF_ASSIGN(const Bytes root, read_file(arguments.root, kMaxRoot));
  for (const SignRequest& request : requests) {
    SKIFF_TRY(request.check(root));
    print_lines(request.summary());
  }
  if (!arguments.yes && !agreed()) return fail(ErrorKind::kCancelled, "nothing was signed");
  SKIFF_ASSIGN(const OwnedSigners signers, load_keys(arguments.keys));
  for (const std::unique_ptr<Signer>& signer : signers) SKIFF_TRY(sign(requests, *signer));
  SKIFF_TRY(write_requests(requests, arguments.request));
  return print_progress(requests);
}

Result<void> run_import(const ImportArguments& arguments) {
  SKIFF_ASSIGN(Requests requests, read_requests(arguments.requests.front()));
  for (const std::string& file : arguments.requests) {
    SKIFF_ASSIGN(const Requests copy, read_requests(file));
    SKIFF_TRY(merge(requests, copy));
  }
  SKIFF_TRY(print_progress(requests));
  SKIFF_ASSIGN(Repository repository, Repository::open(arguments.folder));
  return repository.import(requests);
}

CLI::App* add_export(CLI::App& parent, Action& chosen, const char* name,
                     const std::shared_ptr<ExportArguments>& arguments,
                     Result<void> (*run)(const ExportArguments&)) {
  CLI::App* command = parent.add_subcommand(name);
  command->add_option("DIR", arguments->folder, "the repository's folder")->required();
  command->add_option("-o,--out", arguments->out, "the request to write")->required();
  command->callback([arguments, run, &chosen] { chosen = [arguments, run] { return run(*arguments); }; });
  return command;
}

void add_exports(CLI::App& parent, Action& chosen) {
  CLI::App* group =
      parent.add_subcommand("export", "Write a request for signatures, and print what it changes");
  group->require_subcommand(1);
  auto release = std::make_shared<ExportArguments>();
  CLI::App* command = add_export(*group, chosen, "release", release, run_export_release);
  command->description("Copy an image into the repository and ask for its signature as a release");
  add_release_options(*command, release->release, release->image);
  auto keys = std::make_shared<ExportArguments>();
  command = add_export(*group, chosen, "keys", keys, run_export_keys);
  command->description("Give a role other keys: ask for the next root, or targets for releases and deltas");
  command->add_option("--role", keys->role, "whose keys")->required();
  command->add_option("--add", keys->added, "key file, or what `skiff key show` prints (may be repeated)");
  command->add_option("--remove", keys->removed, "id of a key (may be repeated)");
  command->add_option("--threshold", keys->threshold, "signatures the role needs from now on");
  auto renewal = std::make_shared<ExportArguments>();
  command = add_export(*group, chosen, "renewal", renewal, run_export_renewal);
  command->description("Ask for the next version of root, targets or releases with nothing new but its date");
  command->add_option("--role", renewal->role, "root, targets or releases")->required();
}

void add_approve(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<ApproveArguments>();
  CLI::App* command =
      parent.add_subcommand("approve", "Show what a request changes, and add signatures to it");
  command->add_option("REQUEST", arguments->request, "the request; the signatures are put into it")
      ->required();
  command->add_option("--root", arguments->root, "the root.json that this machine trusts")->required();
  command->add_flag("--yes", arguments->yes, "do not ask");
  add_key_options(*command, arguments->keys);
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_approve(*arguments); }; });
}

void add_import(CLI::App& parent, Action& chosen) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command =
      parent.add_subcommand("import", "Merge the copies of a signed request into the repository");
  command->add_option("DIR", arguments->folder, "the repository's folder")->required();
  command->add_option("REQUEST", arguments->requests, "the request, or its copies")->required();
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_import(*arguments); }; });
}

}  // namespace

void add_sign_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand("sign", "Have metadata signed on machines without a network");
  command->require_subcommand(1);
  add_exports(*command, chosen);
  add_approve(*command, chosen);
  add_import(*command, chosen);
}

}  // namespace skiff::cli
