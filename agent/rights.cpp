#include "agent/rights.hpp"

#include "agent/boot/open_boot.hpp"
#include "agent/warden/warden.hpp"
#include "agent/warden/warden_client.hpp"

namespace skiff::agent {

std::unique_ptr<Storage> open_storage(const Config& config) {
  if (!config.warden.any()) return std::make_unique<PosixStorage>();
  return std::make_unique<WardenStorage>(WardenClient(config.warden.socket), config.slots);
}

Result<Footing> find_footing(const Config& config, std::optional<Slot> told, Storage& storage) {
  Footing footing;
  if (!config.warden.any()) {
    SKIFF_ASSIGN(footing.running, running_slot(config, told, storage));
    SKIFF_ASSIGN(footing.boot, open_boot(config, footing.running, storage));
    return footing;
  }
  footing.boot = std::make_unique<WardenBoot>(WardenClient(config.warden.socket));
  SKIFF_ASSIGN(const BootStatus status, footing.boot->status());
  footing.running = *status.booted;
  if (told && *told != footing.running) {
    return fail(ErrorKind::kUsage, "the warden knows that slot " + std::string(to_string(footing.running)) +
                                       " runs, and not the one that --slot names");
  }
  return footing;
}

Result<std::optional<BootStatus>> known_boot_status(const Config& config, Storage& storage) {
  if (config.warden.any()) {
    SKIFF_ASSIGN(const BootStatus status, WardenBoot(WardenClient(config.warden.socket)).status());
    return status;
  }
  SKIFF_ASSIGN(const std::optional<BootState> state, known_boot_state(config, storage));
  return state ? std::optional(status_of(*state)) : std::nullopt;
}

AskPermit asks_permit(const Config& config, Storage& storage) {
  if (!config.warden.any()) return {};
  return [&config, &storage](const std::string& release) {
    KeptMetadata metadata(storage, config.metadata_dir());
    return WardenClient(config.warden.socket).permit(release, metadata);
  };
}

Result<void> reboot(const Config& config) {
  if (!config.warden.any()) return reboot_by_command(config);
  return WardenClient(config.warden.socket).ask(Ask::kReboot).map([](const Bytes&) {});
}

}  // namespace skiff::agent
