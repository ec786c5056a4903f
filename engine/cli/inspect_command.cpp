// skiff inspect DELTA
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/delta_report.hpp"
#include "skiff/trust.hpp"

namespace skiff::cli {
namespace {

struct InspectArguments {
  std::string delta;
  bool json = false;
};

Result<void> run_inspect(const InspectArguments& arguments) {
  SKIFF_ASSIGN(const auto delta, open_source(arguments.delta));
  const auto report = inspect_delta(*delta);
  if (!report) return fail_with(report.error(), arguments.delta);
  SKIFF_ASSIGN(const Sha256 root, frames_root(*delta, make_sha256));
  if (arguments.json) {
    Json json = report_json(*report);
    (*json.object())["frames_root"] = root.hex();
    std::printf("%s\n", json_text(json).c_str());
  } else {
    std::printf("%sroot    %s\n", report_text(*report).c_str(), root.hex().c_str());
  }
  return {};
}

}  // namespace

void add_inspect_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<InspectArguments>();
  CLI::App* command = app.add_subcommand("inspect", "Show what a delta holds and where its bytes go");
  command->add_option("DELTA", arguments->delta, "the delta")->required();
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_inspect(*arguments); }; });
}

}  // namespace skiff::cli
