#include "agent/warden/warden.hpp"

#include <csignal>
#include <limits>

#include "agent/boot/open_boot.hpp"
#include "agent/system/posix_file.hpp"
#include "agent/system/process.hpp"
#include "agent/system/words.hpp"

namespace skiff::agent {
namespace {

tl::unexpected<Error> refused(std::string_view what) {
  return fail(ErrorKind::kUsage, "warden: " + std::string(what));
}

tl::unexpected<Error> refused(Slot slot, std::string_view why) {
  return refused("slot " + std::string(to_string(slot)) + " " + std::string(why));
}

Answer handed_over(Result<Descriptor> opened) {
  if (!opened) return {tl::unexpected<Error>(opened.error())};
  return {Bytes{}, std::move(*opened)};
}

}  // namespace

Answer Warden::answer(const Message<Ask>& request, tuf::Fetcher& agent) const {
  if (request.say == Ask::kReboot) return {reboot_by_command(config_).map([] { return Bytes(); })};
  if (request.say == Ask::kPermit) {
    return {permits_.permit(as_text(request.payload), agent).map([] { return Bytes(); })};
  }
  if (request.say == Ask::kOpenRunning) return open_running();
  PosixStorage storage;
  const auto boot = open_boot(config_, running_, storage);
  if (!boot) return {tl::unexpected<Error>(boot.error())};
  if (request.say == Ask::kOpenInactive) return open_inactive(**boot);
  return {change_boot(**boot, request)};
}

Answer Warden::open_running() const { return handed_over(open_descriptor(path_of(running_), Access::kRead)); }

/// A slot that is written to must not be booted, whatever happens next.
Answer Warden::open_inactive(BootControl& boot) const {
  const Slot inactive = other(running_);
  const Result<BootStatus> status = boot.status();
  if (!status) return {tl::unexpected<Error>(status.error())};
  if (status->of(inactive) != Bootable::kBad)
    return {refused(inactive, "may be booted: it is not written to")};
  return handed_over(open_descriptor(path_of(inactive), Access::kSlot));
}

Result<Bytes> Warden::change_boot(BootControl& boot, const Message<Ask>& request) const {
  if (request.say == Ask::kStatus) {
    SKIFF_ASSIGN(BootStatus status, boot.status());
    status.booted = running_;
    return status_bytes(status);
  }
  const std::optional<Slot> slot = slot_numbered(request.number);
  if (!slot) return refused("there is no slot " + std::to_string(request.number));
  if (request.say == Ask::kMarkBad) return mark_bad(boot, *slot).map([] { return Bytes(); });
  if (request.say == Ask::kArm) return arm(boot, *slot, request.payload).map([] { return Bytes(); });
  if (request.say == Ask::kCommit) return commit(boot, *slot).map([] { return Bytes(); });
  return refused("an answer is no request");
}

Result<void> Warden::mark_bad(BootControl& boot, Slot slot) const {
  SKIFF_ASSIGN(const BootStatus status, boot.status());
  if (slot == running_ && status.of(slot) == Bootable::kGood) return refused(slot, "runs and is committed");
  return boot.mark_bad(slot);
}

/// What nobody can open as a slot is open already: whoever has it could write to it after it was verified.
/// The agent opens no slot by itself, and asks for nothing while it waits for this answer.
Result<void> Warden::arm(BootControl& boot, Slot slot, ByteView tries) const {
  if (tries.size() != kWord || word_of(tries) > std::numeric_limits<std::uint32_t>::max()) {
    return refused("no number of tries");
  }
  if (slot == running_) return refused(slot, "runs: it is not armed");
  SKIFF_TRY(permits_.check(path_of(slot)));
  SKIFF_TRY(permits_.note_arming());
  return boot.arm(slot, static_cast<std::uint32_t>(word_of(tries)));
}

Result<void> Warden::commit(BootControl& boot, Slot slot) const {
  if (slot != running_) return refused(slot, "does not run: it is not committed");
  SKIFF_TRY(permits_.note_commit());
  return boot.commit(slot);
}

Result<void> reboot_by_command(const Config& config) {
  if (config.reboot_command.empty()) return fail(ErrorKind::kUsage, "config: there is no reboot_command");
  ProcessRequest request;
  request.argv = config.reboot_command;
  SKIFF_ASSIGN(const ProcessResult result, run_process(request));
  // The command may be told to end by the reboot that it asked for.
  if (result.exit == 0 || result.exit == 128 + SIGTERM) return {};
  return fail(ErrorKind::kIo, "reboot_command exited " + std::to_string(result.exit) + ": " + result.output);
}

}  // namespace skiff::agent
