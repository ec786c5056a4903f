// skiff doctor IMAGE
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/delta_report.hpp"
#include "cli/progress_bar.hpp"
#include "skiff/doctor.hpp"
#include "skiff/json.hpp"

namespace skiff::cli {
namespace {

struct DoctorArguments {
  std::string image;
  bool json = false;
  DiffOptions options;
};

Json examination_json(const ImageExamination& examination) {
  Json::Array streams;
  for (const StreamGroup& group : examination.streams) {
    streams.push_back(Json::Object{{"name", group.name},
                                   {"level", std::uint64_t{group.level}},
                                   {"count", group.count},
                                   {"packed", group.packed},
                                   {"opened", group.opened},
                                   {"exact", group.exact},
                                   {"predicted", group.predicted},
                                   {"closed", group.closed}});
  }
  Json::Array findings;
  for (const Finding& finding : examination.findings) {
    findings.push_back(
        Json::Object{{"what", finding.what}, {"bytes", finding.bytes}, {"advice", finding.advice}});
  }
  return Json::Object{{"length", examination.length},
                      {"system", examination.system},
                      {"opened_length", examination.opened_length},
                      {"unpack_memory", examination.unpack_memory},
                      {"streams", std::move(streams)},
                      {"findings", std::move(findings)}};
}

std::string examination_text(const ImageExamination& examination) {
  std::string text = examination.system + " of " + grouped(examination.length) + " bytes, opened " +
                     grouped(examination.opened_length) + "\n";
  for (const StreamGroup& group : examination.streams) {
    text += "level " + std::to_string(group.level) + ": " + grouped(group.count) + " " + group.name + ", " +
            grouped(group.packed) + " bytes that hold " + grouped(group.opened) + ": " +
            grouped(group.exact) + " pack again exactly, " + grouped(group.predicted) + " by corrections, " +
            grouped(group.count - group.exact - group.predicted) + " stay closed\n";
  }
  if (examination.unpack_memory != 0)
    text += "to pack all of it again a device takes " + grouped(examination.unpack_memory) + " bytes\n";
  text += examination.findings.empty() ? "nothing stands in the way of small deltas\n"
                                       : "what costs bytes, by how many of the image\n";
  for (const Finding& finding : examination.findings)
    text += table_row(finding.what, finding.bytes, examination.length) + "                             " +
            finding.advice + "\n";
  return text;
}

Result<void> run_doctor(DoctorArguments& arguments) {
  SKIFF_ASSIGN(const auto image, open_source(arguments.image));
  const auto examination = [&] {
    ProgressBar bar;
    arguments.options.progress = [&bar](std::string_view stage, double done) {
      bar.show(stage, done);
      return true;
    };
    return examine_image(*image, arguments.options);
  }();
  if (!examination) return fail_with(examination.error(), arguments.image);
  const std::string text =
      arguments.json ? json_text(examination_json(*examination)) + "\n" : examination_text(*examination);
  std::fputs(text.c_str(), stdout);
  return {};
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<DoctorArguments>();
  arguments->options.repackers = all_repackers();
  CLI::App* command =
      app.add_subcommand("doctor", "Say how well an image will delta and what to change in its build");
  command->add_option("IMAGE", arguments->image, "the image: a file or block device")->required();
  command->add_option("--threads", arguments->options.threads, "threads")->check(CLI::Range(1, 256));
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_doctor(*arguments); }; });
}

}  // namespace skiff::cli
