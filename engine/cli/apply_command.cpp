// skiff apply BASE DELTA -o RESULT
#include <CLI/CLI.hpp>

#include <algorithm>
#include <thread>

#include "cli/command.hpp"
#include "skiff/applier.hpp"
#include "skiff/trust.hpp"

namespace skiff::cli {
namespace {

constexpr unsigned kDefaultThreads = 2;  ///< one decodes and packs, one packs: more wait for the decoder

struct ApplyArguments {
  std::string base;
  std::string delta;
  std::string result;
  std::string frames_root;
  ApplyOptions options;
};

Result<void> run_apply(ApplyArguments& arguments) {
  if (!arguments.frames_root.empty()) {
    SKIFF_ASSIGN(arguments.options.frames_root, Sha256::from_hex(arguments.frames_root));
  }
  SKIFF_ASSIGN(const auto base, open_source(arguments.base));
  SKIFF_ASSIGN(const auto delta, open_source(arguments.delta));
  SKIFF_ASSIGN(const auto result, create_file(arguments.result));
  const auto info = apply_delta(*base, *delta, *result, arguments.options, make_sha256);
  if (!info) return fail_with(info.error(), arguments.delta);
  return result->commit();
}

}  // namespace

void add_apply_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<ApplyArguments>();
  arguments->options.max_memory = std::uint64_t{32} << 20;
  arguments->options.threads = std::clamp(std::thread::hardware_concurrency(), 1U, kDefaultThreads);
  CLI::App* command = app.add_subcommand("apply", "Make RESULT from BASE and DELTA");
  command->add_option("BASE", arguments->base, "the image that the delta was made from; /dev/null for none")
      ->required();
  command->add_option("DELTA", arguments->delta, "the delta")->required();
  command->add_option("-o,--output", arguments->result, "where the result image goes: a file or block device")
      ->required();
  arguments->options.repackers = all_repackers();
  command->add_option("--max-memory", arguments->options.max_memory,
                      "refuse a delta whose decoder needs more bytes");
  command
      ->add_option(
          "--threads", arguments->options.threads,
          "threads that open and pack compressed streams, as far as --max-memory goes; with more than "
          "one, the base is hashed and the result written beside")
      ->check(CLI::Range(1, 256));
  command->add_option("--root", arguments->frames_root, "signed root of the frames, 64 hexadecimal digits");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_apply(*arguments); }; });
}

}  // namespace skiff::cli
