// skiff diff BASE RESULT -o DELTA
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/delta_report.hpp"
#include "cli/progress_bar.hpp"
#include "skiff/trust.hpp"

namespace skiff::cli {
namespace {

struct DiffArguments {
  std::string base;
  std::string result;
  std::string delta;
  std::string codec = "cm";
  std::string profile = "standard";
  bool json = false;
  DiffOptions options;
};

/// The value whose name is `name`; the option's check has let only such names pass.
template <typename Enum>
Enum by_name(std::initializer_list<Enum> values, std::string_view name) {
  return *std::find_if(values.begin(), values.end(), [&](Enum value) { return to_string(value) == name; });
}

Result<void> run_diff(DiffArguments& arguments) {
  arguments.options.codec = by_name({Codec::kZstd, Codec::kContextMixing}, arguments.codec);
  arguments.options.profile = by_name({Profile::kTiny, Profile::kStandard, Profile::kMax}, arguments.profile);
  SKIFF_ASSIGN(const auto base, open_source(arguments.base));
  SKIFF_ASSIGN(const auto result, open_source(arguments.result));
  SKIFF_ASSIGN(const auto delta, create_file(arguments.delta));
  const auto report = [&] {
    ProgressBar bar;
    arguments.options.progress = [&bar](std::string_view stage, double done) {
      bar.show(stage, done);
      return true;
    };
    return build_delta(*base, *result, *delta, arguments.options, make_sha256);
  }();
  if (!report) return fail_with(report.error(), arguments.delta);
  SKIFF_TRY(delta->commit());
  const std::string text = arguments.json ? json_text(report_json(*report)) + "\n" : report_text(*report);
  std::fputs(text.c_str(), stdout);
  return {};
}

}  // namespace

void add_diff_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<DiffArguments>();
  CLI::App* command = app.add_subcommand("diff", "Make the delta that turns BASE into RESULT");
  command
      ->add_option("BASE", arguments->base, "image in the field: a file or block device; /dev/null for none")
      ->required();
  command->add_option("RESULT", arguments->result, "image to ship")->required();
  command->add_option("-o,--output", arguments->delta, "where the delta goes")->required();
  command
      ->add_option("--codec", arguments->codec,
                   "entropy codec: cm (context mixing, the default) for the smallest deltas, zstd for the "
                   "fastest devices")
      ->check(CLI::IsMember({"zstd", "cm"}));
  command
      ->add_option("--profile", arguments->profile, "decoder memory: tiny 1 MiB, standard 8 MiB, max 32 MiB")
      ->check(CLI::IsMember({"tiny", "standard", "max"}));
  command
      ->add_option("--threads", arguments->options.threads,
                   "threads; the delta is the same whatever the number")
      ->check(CLI::Range(1, 256));
  command->add_option("--max-memory", arguments->options.max_memory,
                      "bytes the encoder may use for its indexes");
  arguments->options.repackers = all_repackers();
  command->add_flag_callback(
      "--closed", [arguments] { arguments->options.repackers.clear(); },
      "take compressed streams as they are, for devices that cannot pack them again");
  command->add_flag("--json", arguments->json, "print the report as JSON");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_diff(*arguments); }; });
}

}  // namespace skiff::cli
