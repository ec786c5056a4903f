// skiff inspect DELTA [--base BASE]
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/delta_report.hpp"
#include "cli/explanation.hpp"
#include "skiff/trust.hpp"

namespace skiff::cli {
namespace {

struct InspectArguments {
  std::string delta;
  std::string base;
  std::size_t top = 20;
  bool json = false;
};

/// What is shown, in both forms.
struct Shown {
  Json::Object json;
  std::string text;
};

/// Without the base a delta tells its sizes only.
Result<Shown> inspected(const InspectArguments& arguments, const Source& delta) {
  if (arguments.base.empty()) {
    SKIFF_ASSIGN(const DiffReport report, inspect_delta(delta));
    return Shown{*report_json(report).object(), report_text(report)};
  }
  SKIFF_ASSIGN(const auto base, open_source(arguments.base));
  SKIFF_ASSIGN(const DeltaExplanation explanation, explain_delta(*base, delta));
  Shown shown{*report_json(explanation.report).object(), report_text(explanation.report)};
  shown.json.merge(explanation_json(explanation, arguments.top));
  shown.text += explanation_text(explanation, arguments.top);
  return shown;
}

Result<void> run_inspect(const InspectArguments& arguments) {
  SKIFF_ASSIGN(const auto delta, open_source(arguments.delta));
  auto shown = inspected(arguments, *delta);
  if (!shown) return fail_with(shown.error(), arguments.delta);
  SKIFF_ASSIGN(const Sha256 root, frames_root(*delta, make_sha256));
  if (arguments.json) {
    shown->json["frames_root"] = root.hex();
    std::printf("%s\n", json_text(shown->json).c_str());
  } else {
    std::printf("%sroot    %s\n", shown->text.c_str(), root.hex().c_str());
  }
  return {};
}

}  // namespace

void add_inspect_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<InspectArguments>();
  CLI::App* command = app.add_subcommand("inspect", "Show what a delta holds and where its bytes go");
  command->add_option("DELTA", arguments->delta, "the delta")->required();
  command->add_option("--base", arguments->base,
                      "the base image: decode against it and say why the delta is as large as it is");
  command->add_option("--top", arguments->top, "how many files or sections to name, with --base");
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_inspect(*arguments); }; });
}

}  // namespace skiff::cli
