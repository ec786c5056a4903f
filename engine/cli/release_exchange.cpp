// skiff release fetch | upload | list: a builder's copy of the repository of a server, and back.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

#include "cli/progress_bar.hpp"
#include "cli/remote_verbs.hpp"
#include "cli/server_client.hpp"
#include "cli/server_commands.hpp"
#include "skiff/io.hpp"
#include "skiff/repository.hpp"

namespace skiff::cli {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{4} << 20;  // bytes
constexpr std::uint64_t kMaxRoot = 512'000;
constexpr int kTries = 6;  // in a row that bring nothing forward
constexpr std::string_view kReleases = "releases/";

struct ExchangeArguments {
  std::string folder;
  std::string root;
};

Result<ServerClient> connect() {
  SKIFF_ASSIGN(const ServerAccess access, current_access());
  return ServerClient::open(access);
}

Result<Json::Object> role_files_of(ServerClient& server) {
  SKIFF_ASSIGN(const Json answer, server.get("/v1/repository"));
  SKIFF_ASSIGN(const Json* const files, object_member(answer, "files"));
  return *files->object();
}

Result<void> run_fetch(const ExchangeArguments& arguments) {
  SKIFF_ASSIGN(const Bytes root, read_file(arguments.root, kMaxRoot));
  SKIFF_ASSIGN(ServerClient server, connect());
  SKIFF_ASSIGN(const Json::Object files, role_files_of(server));
  SKIFF_TRY(Repository::copy(arguments.folder, root, files));
  return {};
}

/// The names of releases that devices can see.
Result<std::set<std::string>> published(ServerClient& server) {
  SKIFF_ASSIGN(const Json answer, server.get("/v1/releases"));
  SKIFF_ASSIGN(const Json* const releases, array_member(answer, "releases"));
  std::set<std::string> names;
  for (const Json& release : *releases->array()) {
    SKIFF_ASSIGN(std::string name, string_member(release, "release"));
    names.insert(std::move(name));
  }
  return names;
}

/// An image on its way to a server: goes on where it was, also after its connection was cut.
class ImageUpload {
 public:
  ImageUpload(ServerClient& server, const Release& release, const Source& image)
      : server_(server), release_(release), image_(image), digest_(release.image.sha256.hex()) {}

  Result<void> run() {
    SKIFF_ASSIGN(bool is_verified, begin());
    for (int tries = 0; !is_verified && offset_ < image_.size();) {
      bar_.show("upload", static_cast<double>(offset_) / static_cast<double>(image_.size()));
      const Result<void> sent = send_piece();
      if (sent) {
        tries = 0;
        continue;
      }
      if (sent.error().kind != ErrorKind::kNetwork || ++tries == kTries) return sent;
      std::this_thread::sleep_for(std::chrono::seconds(1 << (tries - 1)));
      if (const Result<bool> again = begin(); again) is_verified = *again;
    }
    if (is_verified) return {};
    SKIFF_TRY(server_.post_patiently("/v1/uploads/finish", {{"sha256", digest_}}));
    return {};
  }

 private:
  /// Learns where the upload goes on; whether the server has all of it.
  Result<bool> begin() {
    SKIFF_ASSIGN(const Json answer,
                 server_.post("/v1/uploads/begin", {{"name", release_.target.substr(kReleases.size())},
                                                    {"sha256", digest_},
                                                    {"length", image_.size()}}));
    SKIFF_ASSIGN(offset_, unsigned_member(answer, "offset"));
    if (offset_ > image_.size()) return fail(ErrorKind::kNetwork, "offset: beyond the image's end");
    const Json* const verified = answer.find("verified");
    return verified != nullptr && verified->boolean() != nullptr && *verified->boolean();
  }

  Result<void> send_piece() {
    Bytes piece(static_cast<std::size_t>(std::min(kPiece, image_.size() - offset_)));
    SKIFF_TRY(image_.read_at(offset_, piece));
    SKIFF_ASSIGN(const std::uint64_t next,
                 server_.post_piece("/v1/uploads/" + digest_ + "/" + std::to_string(offset_), piece));
    if (next == offset_ || next > image_.size()) {
      return fail(ErrorKind::kNetwork, "offset: the server asks for byte " + std::to_string(next));
    }
    offset_ = next;
    return {};
  }

  ServerClient& server_;
  const Release& release_;
  const Source& image_;
  std::string digest_;
  std::uint64_t offset_ = 0;
  ProgressBar bar_;
};

Result<void> run_upload(const ExchangeArguments& arguments) {
  SKIFF_ASSIGN(const Repository repository, Repository::open(arguments.folder));
  SKIFF_ASSIGN(const std::vector<Release> releases, repository.releases());
  SKIFF_ASSIGN(ServerClient server, connect());
  SKIFF_ASSIGN(const Json::Object theirs, role_files_of(server));
  SKIFF_ASSIGN(const Json::Object files, repository.role_files_after(theirs));
  SKIFF_ASSIGN(const std::set<std::string> there, published(server));
  std::vector<std::string> brought;
  for (const Release& release : releases) {
    if (there.contains(release.target)) continue;
    SKIFF_ASSIGN(const std::unique_ptr<Source> image,
                 open_source(repository.target_file(release.target, release.image.sha256)));
    if (const auto uploaded = ImageUpload(server, release, *image).run(); !uploaded) {
      return fail_with(uploaded.error(), release.target);
    }
    brought.push_back(release.target);
  }
  if (files.empty() && brought.empty()) return {};
  SKIFF_TRY(server.post_patiently("/v1/repository/publish", {{"files", files}}));
  for (const std::string& target : brought) std::printf("%s\n", target.c_str());
  return {};
}

void add_exchange(CLI::App& command, Action& chosen, const std::shared_ptr<ExchangeArguments>& arguments,
                  Result<void> (*run)(const ExchangeArguments&)) {
  command.add_option("DIR", arguments->folder, "folder of the builder's copy of the repository")->required();
  command.callback([arguments, run, &chosen] { chosen = [arguments, run] { return run(*arguments); }; });
}

}  // namespace

void add_release_exchange(CLI::App& release, Action& chosen) {
  const RemoteVerbs verbs(release, chosen);
  verbs.get_pages("list", "Show a server's published releases", "/v1/releases",
                  as_table(shell::releases_table()));
  verbs.get("uploads", "Show the uploads that no release lists yet", "/v1/uploads",
            as_table(shell::uploads_table()));
  auto arguments = std::make_shared<ExchangeArguments>();
  CLI::App* const fetch = release.add_subcommand(
      "fetch", "Make a copy of the metadata of a server's repository, or bring it up to date");
  add_exchange(*fetch, chosen, arguments, run_fetch);
  fetch->add_option("--root", arguments->root, "the root.json that this machine trusts")->required();
  CLI::App* const upload = release.add_subcommand(
      "upload",
      "Bring a server what was added and signed in the copy: images, then metadata; goes on after a cut");
  add_exchange(*upload, chosen, arguments, run_upload);
}

}  // namespace skiff::cli
