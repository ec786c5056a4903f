// skiff verify DELTA [--base BASE]
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/delta_report.hpp"
#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "skiff/trust.hpp"

namespace skiff::cli {
namespace {

struct VerifyArguments {
  std::string delta;
  std::string base;
  std::string frames_root;
};

/// The frames against their table; the table against the root where one is given.
Result<DeltaInfo> verify_frames(const Source& delta, const std::string& untrusted_root) {
  SKIFF_ASSIGN(const DeltaInfo info, read_delta_info(delta));
  if (!untrusted_root.empty()) {
    SKIFF_ASSIGN(const Sha256 wanted, Sha256::from_hex(untrusted_root));
    SKIFF_ASSIGN(const Sha256 root, frames_root(delta, make_sha256));
    if (root != wanted) return fail(ErrorKind::kSignature, "the root of the frames is " + root.hex());
  }
  Bytes frame(kFrameSize);
  for (const SegmentInfo& segment : info.segments) {
    for (std::uint64_t at = 0; at < segment.wire_length; at += kFrameSize) {
      const auto length = static_cast<std::size_t>(std::min(kFrameSize, segment.wire_length - at));
      const MutableBytes part = MutableBytes(frame).first(length);
      SKIFF_TRY(delta.read_at(segment.wire_offset + at, part));
      if (sha256(part) != info.frames[segment.first_frame + at / kFrameSize]) {
        return fail(ErrorKind::kSignature,
                    "frame at byte " + std::to_string(segment.wire_offset + at) + " differs", "F14");
      }
    }
  }
  return info;
}

Result<void> verify_delta(const Source& delta, const VerifyArguments& arguments) {
  SKIFF_ASSIGN(const DeltaInfo info, verify_frames(delta, arguments.frames_root));
  SKIFF_TRY(inspect_delta(delta));
  if (!arguments.base.empty()) {
    SKIFF_ASSIGN(const auto base, open_source(arguments.base));
    ApplyOptions options;
    options.repackers = all_repackers();
    options.max_memory = memory_to_apply(info);
    HashingSink nowhere(nullptr, make_sha256);
    SKIFF_TRY(apply_delta(*base, delta, nowhere, options, make_sha256));
  }
  std::printf("%s: %s bytes of the result image\n", arguments.base.empty() ? "well-formed" : "correct",
              grouped(info.result.length).c_str());
  return {};
}

Result<void> run_verify(const VerifyArguments& arguments) {
  SKIFF_ASSIGN(const auto delta, open_source(arguments.delta));
  const Result<void> outcome = verify_delta(*delta, arguments);
  if (!outcome) return fail_with(outcome.error(), arguments.delta);
  return {};
}

}  // namespace

void add_verify_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* command = app.add_subcommand("verify", "Check a delta without writing anything");
  command->add_option("DELTA", arguments->delta, "the delta")->required();
  command->add_option("--base", arguments->base,
                      "decode with this base image and compare the result's hash as well");
  command->add_option("--root", arguments->frames_root, "signed root of the frames, 64 hexadecimal digits");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_verify(*arguments); }; });
}

}  // namespace skiff::cli
