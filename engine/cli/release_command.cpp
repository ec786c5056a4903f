// skiff release: rebuild-check, and what builders exchange with a server. The first tells whether an image
// built again is the one a request wants signed.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/server_commands.hpp"
#include "skiff/io.hpp"
#include "skiff/signing.hpp"

namespace skiff::cli {
namespace {

constexpr std::uint64_t kMaxRequest = std::uint64_t{16} << 20;

struct RebuildArguments {
  std::string image;
  std::string request;
};

/// The target whose release image this is; empty if there is none.
std::string target_with(const Json& part, const Json& image) {
  const Json* const targets = part.find("targets");
  if (targets == nullptr || targets->object() == nullptr) return {};
  for (const auto& [name, target] : *targets->object()) {
    const Json* at = &target;
    for (const char* const member : {"custom", "skiff", "image"})
      at = at == nullptr ? nullptr : at->find(member);
    if (at != nullptr && *at == image) return name;
  }
  return {};
}

/// Whether a version that a request follows lists the image already.
Result<bool> was_signed(const SignRequest& request, const Json& image) {
  if (request.previous().empty()) return false;
  SKIFF_ASSIGN(const Json previous, parse_json(as_bytes(request.previous())));
  const Json* const before = previous.find("signed");
  return before != nullptr && !target_with(*before, image).empty();
}

Result<void> run_rebuild_check(const RebuildArguments& arguments) {
  SKIFF_ASSIGN(const Bytes text, read_file(arguments.request, kMaxRequest));
  SKIFF_ASSIGN(const std::vector<SignRequest> requests, parse_sign_requests(text));
  SKIFF_ASSIGN(const std::unique_ptr<Source> source, open_source(arguments.image));
  SKIFF_ASSIGN(const Sha256 digest, hash_source(*source, make_sha256));
  const Json image = Json::Object{{"length", source->size()}, {"sha256", digest.hex()}};
  std::printf("%s: %llu bytes, sha256 %s\n", arguments.image.c_str(),
              static_cast<unsigned long long>(source->size()), digest.hex().c_str());
  std::string target;
  bool is_old = false;
  for (const SignRequest& request : requests) {
    if (target.empty()) target = target_with(request.next(), image);
    SKIFF_ASSIGN(const bool was, was_signed(request, image));
    is_old = is_old || was;
  }
  if (target.empty())
    return fail(ErrorKind::kMismatch, arguments.request + " asks for no release of this image");
  std::printf("%s: the same image%s\n", target.c_str(), is_old ? ", which was signed before" : "");
  return {};
}

}  // namespace

void add_release_command(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("release", "Check releases before they are signed, and bring them to a server");
  command->require_subcommand(1);
  add_release_exchange(*command, chosen);
  auto arguments = std::make_shared<RebuildArguments>();
  CLI::App* check = command->add_subcommand("rebuild-check",
                                            "Compare an image that was built again with what a request says");
  check->add_option("IMAGE", arguments->image, "the image that the signer built")->required();
  check->add_option("--request", arguments->request, "the request for signatures")->required();
  check->callback([arguments, &chosen] { chosen = [arguments] { return run_rebuild_check(*arguments); }; });
}

}  // namespace skiff::cli
