#include "agent/boot/open_boot.hpp"

#include <fstream>
#include <sstream>

#include "agent/boot/custom_boot.hpp"
#include "agent/boot/file_boot.hpp"
#include "agent/boot/variable_boot.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kMaxUbootConfig = 65'536;

std::unique_ptr<BootConvention> convention_of(const BootSettings& boot) {
  if (boot.kind == BootKind::kGrub) return std::make_unique<GrubConvention>();
  if (boot.uboot.names == UbootSettings::Names::kRauc) return std::make_unique<RaucConvention>();
  return std::make_unique<MenderConvention>(boot.uboot.partitions);
}

/// Of the kinds kGrub and kUboot.
Result<std::unique_ptr<BootEnvironment>> open_environment(const Config& config, Storage& storage) {
  if (config.boot.kind == BootKind::kGrub) {
    return std::make_unique<GrubEnvironment>(storage, config.boot.grub.folder / "grubenv");
  }
  SKIFF_ASSIGN(const Bytes text, read_small(storage, config.boot.uboot.environment, kMaxUbootConfig));
  SKIFF_ASSIGN(auto copies, parse_uboot_config(as_text(text)));
  return std::make_unique<UbootEnvironment>(storage, std::move(copies));
}

}  // namespace

std::optional<Slot> slot_of_command_line(std::string_view command_line) {
  constexpr std::string_view kKey = "skiff.slot=";
  std::istringstream words{std::string(command_line)};
  std::optional<Slot> slot;
  for (std::string word; words >> word;) {
    if (word.starts_with(kKey)) slot = slot_of(std::string_view(word).substr(kKey.size()));
  }
  return slot;
}

Result<Slot> running_slot(const Config& config, std::optional<Slot> told, Storage& storage) {
  if (told) return *told;
  std::ifstream file("/proc/cmdline");
  std::string command_line;
  std::getline(file, command_line);
  if (const std::optional<Slot> slot = slot_of_command_line(command_line)) return *slot;
  if (config.boot.kind == BootKind::kCustom) {
    SKIFF_ASSIGN(const BootStatus status, CustomBoot(config.boot.program).status());
    if (status.booted) return *status.booted;
  } else if (const Result<std::optional<BootState>> state = known_boot_state(config, storage)) {
    if (*state && (*state)->booted) return *(*state)->booted;
  }
  return fail(ErrorKind::kUsage, "nothing tells which slot runs: say --slot A or --slot B");
}

Result<std::unique_ptr<BootControl>> open_boot(const Config& config, Slot running, Storage& storage) {
  if (config.boot.kind == BootKind::kCustom) return std::make_unique<CustomBoot>(config.boot.program);
  if (config.boot.kind == BootKind::kFile) {
    SKIFF_ASSIGN(FileBoot boot, FileBoot::open(storage, config.boot_state(), running));
    return std::make_unique<FileBoot>(std::move(boot));
  }
  SKIFF_ASSIGN(auto environment, open_environment(config, storage));
  SKIFF_ASSIGN(VariableBoot boot,
               VariableBoot::open(std::move(environment), convention_of(config.boot), running));
  return std::make_unique<VariableBoot>(std::move(boot));
}

Result<std::optional<BootState>> known_boot_state(const Config& config, Storage& storage) {
  if (config.boot.kind == BootKind::kCustom) return std::nullopt;
  if (config.boot.kind == BootKind::kFile) return read_boot_state(storage, config.boot_state());
  SKIFF_ASSIGN(const auto environment, open_environment(config, storage));
  SKIFF_ASSIGN(const Variables variables, environment->read());
  return convention_of(config.boot)->state_in(variables);
}

}  // namespace skiff::agent
