#include "agent/boot/custom_boot.hpp"

#include <charconv>

#include "agent/system/process.hpp"

namespace skiff::agent {
namespace {

Result<std::string> call(const std::filesystem::path& program, std::vector<std::string> arguments) {
  ProcessRequest request;
  request.argv = {program.string()};
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  SKIFF_ASSIGN(ProcessResult result, run_process(request));
  if (result.exit == 0 && !result.timed_out) return std::move(result.output);
  return fail(ErrorKind::kIo, program.string() + " " + arguments[0] + " " +
                                  (result.timed_out ? "timed out" : "exited " + std::to_string(result.exit)) +
                                  ": " + result.output);
}

Result<void> command(const std::filesystem::path& program, std::vector<std::string> arguments) {
  SKIFF_ASSIGN(const std::string ignored, call(program, std::move(arguments)));
  return {};
}

tl::unexpected<Error> odd(std::string_view key) {
  return fail(ErrorKind::kFormat, "boot status: " + std::string(key) + " is absent or odd");
}

Result<void> take_line(std::string_view key, std::string_view value, BootStatus& status) {
  if (key == "booted") {
    status.booted = slot_of(value);
    if (!status.booted) return odd(key);
  } else if (key == "tries") {
    const auto [end, code] = std::from_chars(value.begin(), value.end(), status.tries);
    if (code != std::errc() || end != value.end()) return odd(key);
  }
  return {};
}

}  // namespace

Result<BootStatus> parse_custom_status(std::string_view text) {
  BootStatus status;
  std::optional<Bootable> a;
  std::optional<Bootable> b;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "a") a = bootable_of(value);
    if (key == "b") b = bootable_of(value);
    SKIFF_TRY(take_line(key, value, status));
  }
  if (!a) return odd("a");
  if (!b) return odd("b");
  status.a = *a;
  status.b = *b;
  return status;
}

Result<BootStatus> CustomBoot::status() {
  SKIFF_ASSIGN(const std::string text, call(program_, {"status"}));
  return parse_custom_status(text);
}

Result<void> CustomBoot::mark_bad(Slot slot) {
  return command(program_, {"mark-bad", std::string(to_string(slot))});
}

Result<void> CustomBoot::arm(Slot slot, std::uint32_t tries) {
  return command(program_, {"arm", std::string(to_string(slot)), std::to_string(tries)});
}

Result<void> CustomBoot::commit(Slot slot) {
  return command(program_, {"commit", std::string(to_string(slot))});
}

}  // namespace skiff::agent
