// The commands of skiff-agent; main.cpp reads their options.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/boot/boot_control.hpp"
#include "agent/config.hpp"
#include "agent/system/storage.hpp"

namespace skiff::agent {

/// Exit codes of `skiff-agent`, for scripts and unit files.
enum ExitCode : int {
  kExitDone = 0,    ///< nothing to do now, or an update is over
  kExitError = 1,   ///< a fault of the device or its configuration, or a plan that was refused
  kExitUsage = 2,   ///< options
  kExitReboot = 3,  ///< boot the other slot
  kExitLater = 4,   ///< server, link or a check was not ready: try again
  kExitBusy = 75,   ///< another agent is at work
};

struct InitOptions {
  std::filesystem::path root;  ///< the first trusted root.json, brought with the device
  Slot running = Slot::kA;
  std::uint64_t image_length = 0;  ///< of the image in the running slot; 0: the whole slot
  std::string version;
  std::uint64_t counter = 0;
};

/// Makes the state folder: trusted root, identity of the running slot, journal, boot state.
Result<void> init_device(const Config& config, const InitOptions& options);
/// A PKCS #10 request (PEM) for a certificate of the configured key, wherever that is kept.
Result<std::string> certificate_request(const Config& config, const std::string& serial);
/// One call of the machine.
Result<ExitCode> run_once(const Config& config, std::optional<Slot> told);
/// run_once() with a folder in the server's place, see FolderServer. kUsage: no such folder.
Result<ExitCode> import_folder(const Config& config, std::optional<Slot> told,
                               const std::filesystem::path& folder);
/// Polls until SIGTERM or SIGINT, or a reboot is wanted and no command for it is configured.
Result<ExitCode> run_daemon(const Config& config, std::optional<Slot> told);
/// Puts the script and the environment of GRUB in place, with `primary` as the only slot that boots.
Result<void> install_boot_loader(const Config& config, Slot primary);
/// What the boot loader of boot kind `file` does: the slot to boot, after the boot state is written.
Result<Slot> launch(const Config& config, Storage& storage);
/// The state as a JSON object, or as lines for people.
Result<std::string> status_text(const Config& config, bool as_json);

}  // namespace skiff::agent
