// skiff tuf init | refresh | download: a client of any TUF repository, with the command line that the public
// conformance suite of TUF clients drives.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/http_get.hpp"
#include "skiff/io.hpp"
#include "skiff/tuf.hpp"

namespace skiff::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxRoot = 512'000;
/// A target is checked in memory, so that the bytes checked are the bytes written. Larger images are the
/// agent's business.
constexpr std::uint64_t kMaxTarget = std::uint64_t{256} << 20;

struct TufArguments {
  std::string metadata_dir;
  std::string metadata_url;
  std::string root;
  std::vector<std::string> target_names;
  std::string target_dir;
  std::string target_base_url;
};

/// Metadata over HTTP; the names come percent-encoded.
class HttpFetcher final : public tuf::Fetcher {
 public:
  explicit HttpFetcher(HttpGet http) : http_(std::move(http)) {}
  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override {
    return http_.get(name, max_length);
  }

 private:
  HttpGet http_;
};

Result<void> require(const std::string& value, const char* option) {
  if (value.empty()) return fail(ErrorKind::kUsage, std::string(option) + " is needed");
  return {};
}

tuf::ClientOptions client_options(const TufArguments& arguments) {
  tuf::ClientOptions options;
  options.metadata_dir = arguments.metadata_dir;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  options.now = std::chrono::duration_cast<std::chrono::seconds>(since_1970).count();
  return options;
}

Result<void> run_init(const TufArguments& arguments) {
  SKIFF_ASSIGN(const Bytes root, read_file(arguments.root, kMaxRoot));
  return tuf::Client::init(arguments.metadata_dir, root);
}

Result<void> run_refresh(const TufArguments& arguments) {
  SKIFF_TRY(require(arguments.metadata_url, "--metadata-url"));
  SKIFF_ASSIGN(HttpGet http, HttpGet::open(arguments.metadata_url));
  HttpFetcher fetcher(std::move(http));
  SKIFF_ASSIGN(tuf::Client client, tuf::Client::open(client_options(arguments), fetcher));
  return client.refresh();
}

bool is_there(const fs::path& file, const tuf::Target& target) {
  const Result<Bytes> bytes = read_file(file, target.length);
  return bytes && target.check(*bytes);
}

Result<void> download(tuf::Client& client, HttpGet& targets, const TufArguments& arguments,
                      const std::string& name) {
  SKIFF_ASSIGN(const std::optional<tuf::Target> target, client.find(name));
  if (!target) return fail(ErrorKind::kNotFound, "no role vouches for " + name);
  const fs::path file = fs::path(arguments.target_dir) / tuf::local_file_name(name);
  if (is_there(file, *target)) return {};
  if (target->length > kMaxTarget) {
    return fail(ErrorKind::kLimit, name + " is longer than " + std::to_string(kMaxTarget) + " bytes");
  }
  SKIFF_ASSIGN(const std::optional<Bytes> bytes,
               targets.get(url_quoted_path(target->wire_path()), target->length));
  if (!bytes) return fail(ErrorKind::kNotFound, "the repository has no " + target->wire_path());
  SKIFF_TRY(target->check(*bytes));
  return write_file(file, *bytes);
}

Result<void> run_download(const TufArguments& arguments) {
  SKIFF_TRY(require(arguments.metadata_url, "--metadata-url"));
  SKIFF_TRY(require(arguments.target_base_url, "--target-base-url"));
  SKIFF_TRY(require(arguments.target_dir, "--target-dir"));
  if (arguments.target_names.empty()) return fail(ErrorKind::kUsage, "--target-name is needed");
  SKIFF_ASSIGN(HttpGet http, HttpGet::open(arguments.metadata_url));
  SKIFF_ASSIGN(HttpGet targets, HttpGet::open(arguments.target_base_url));
  HttpFetcher fetcher(std::move(http));
  SKIFF_ASSIGN(tuf::Client client, tuf::Client::open(client_options(arguments), fetcher));
  SKIFF_TRY(client.refresh());
  for (const std::string& name : arguments.target_names)
    SKIFF_TRY(download(client, targets, arguments, name));
  return {};
}

using Run = Result<void> (*)(const TufArguments&);

/// The contract of the conformance suite knows 0 and 1 only: what a repository causes is never a usage error.
Result<void> without_usage(Run run, const TufArguments& arguments) {
  Result<void> outcome = run(arguments);
  if (!outcome && outcome.error().kind == ErrorKind::kUsage) outcome.error().kind = ErrorKind::kMismatch;
  return outcome;
}

CLI::App* add_verb(CLI::App& parent, Action& chosen, const std::shared_ptr<TufArguments>& arguments,
                   std::pair<const char*, Run> verb) {
  CLI::App* command = parent.add_subcommand(verb.first);
  command->callback([arguments, run = verb.second, &chosen] {
    chosen = [arguments, run] { return without_usage(run, *arguments); };
  });
  return command;
}

}  // namespace

void add_tuf_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<TufArguments>();
  CLI::App* command = app.add_subcommand("tuf", "Follow any TUF repository: metadata and targets, verified");
  command->require_subcommand(1);
  command->add_option("--metadata-dir", arguments->metadata_dir, "folder of the trusted metadata")
      ->required();
  command->add_option("--metadata-url", arguments->metadata_url, "where the repository's metadata is");
  command->add_option("--target-name", arguments->target_names, "target to download (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--target-dir", arguments->target_dir, "folder for downloaded targets");
  command->add_option("--target-base-url", arguments->target_base_url, "where the repository's targets are");
  CLI::App* init = add_verb(*command, chosen, arguments, {"init", run_init});
  init->description("Trust this root; asks nobody");
  init->add_option("ROOT", arguments->root, "the first trusted root.json")->required();
  add_verb(*command, chosen, arguments, {"refresh", run_refresh})
      ->description("Bring the top-level metadata up to date");
  add_verb(*command, chosen, arguments, {"download", run_download})
      ->description("Refresh, then download targets into --target-dir, each once");
}

}  // namespace skiff::cli
