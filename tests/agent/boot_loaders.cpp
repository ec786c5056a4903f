#include "tests/agent/boot_loaders.hpp"

#include "agent/boot/boot_convention.hpp"
#include "agent/boot/file_boot.hpp"
#include "agent/commands.hpp"
#include "agent/system/crc32.hpp"

namespace skiff::testing {
namespace {

using agent::Slot;
using agent::value_of;
using agent::Variables;

constexpr std::size_t kCopy = 1024;
constexpr std::size_t kOffset = 0x200;  // of the second copy
constexpr std::size_t kUbootHead = 5;
constexpr std::string_view kUbootConfig = "# copies\nuboot-1 0x0 0x400\nuboot-2 0x200 1024\n";
constexpr std::uint32_t kPartA = 2;

agent::GrubEnvironment grub_environment(agent::Storage& storage) { return {storage, "boot/grub/grubenv"}; }

agent::UbootEnvironment uboot_environment(agent::Storage& storage) {
  return {storage, *agent::parse_uboot_config(kUbootConfig)};
}

Result<void> put_file(agent::Storage& storage, const std::filesystem::path& path, ByteView bytes) {
  SKIFF_ASSIGN(const auto file, storage.open(path, agent::Access::kNew));
  SKIFF_TRY(file->write_at(0, bytes));
  SKIFF_TRY(file->sync());
  return storage.sync_folder(path.parent_path());
}

/// As U-Boot's saveenv makes it the first time: one copy, here without variables; what is to be the other is
/// zeros.
Result<void> prepare_uboot(agent::Storage& storage) {
  Bytes copy(kCopy);
  const std::uint32_t crc = agent::crc32(0, ByteView(copy).subspan(kUbootHead));
  for (std::size_t i = 0; i < sizeof(crc); ++i) copy[i] = static_cast<std::uint8_t>(crc >> (8 * i));
  SKIFF_TRY(put_file(storage, "uboot-1", copy));
  SKIFF_TRY(put_file(storage, "uboot-2", Bytes(kOffset + kCopy)));
  return put_file(storage, "etc/fw_env.config", as_bytes(kUbootConfig));
}

Result<Slot> start_grub(agent::Storage& storage) {
  agent::GrubEnvironment environment = grub_environment(storage);
  SKIFF_ASSIGN(Variables variables, environment.read());
  const std::string trial(value_of(variables, agent::kTrialVariable));
  std::string& tries = variables["skiff_tries"];
  const bool counts = !trial.empty() && !tries.empty();
  if (counts) {
    tries.pop_back();
    SKIFF_TRY(environment.write(variables));
  } else if (!trial.empty() && variables[trial + "_TRY"] != "1") {
    variables[trial + "_TRY"] = "1";
    SKIFF_TRY(environment.write(variables));
  }
  for (const char name : variables["ORDER"]) {
    const std::string slot(1, name);
    if (name == ' ' || (slot == trial && !counts)) continue;
    if (variables[slot + "_OK"] == "1" && variables[slot + "_TRY"] != "1") return *agent::slot_of(slot);
  }
  return fail(ErrorKind::kMismatch, "GRUB finds no slot to boot");
}

Result<Slot> start_rauc(agent::Storage& storage) {
  agent::UbootEnvironment environment = uboot_environment(storage);
  SKIFF_ASSIGN(Variables variables, environment.read());
  for (const char name : variables["BOOT_ORDER"]) {
    if (name == ' ') continue;
    std::string& left = variables["BOOT_" + std::string(1, name) + "_LEFT"];
    const std::uint64_t tries = std::stoul("0" + left, nullptr, 16);
    if (tries == 0) continue;
    left = std::to_string(tries - 1);
    SKIFF_TRY(environment.write(variables));
    return *agent::slot_of(std::string(1, name));
  }
  return fail(ErrorKind::kMismatch, "U-Boot finds no slot to boot");
}

Result<Slot> start_mender(agent::Storage& storage) {
  agent::UbootEnvironment environment = uboot_environment(storage);
  SKIFF_ASSIGN(Variables variables, environment.read());
  if (variables["upgrade_available"] == "1") {
    const std::uint64_t count = std::stoul(variables["bootcount"]) + 1;
    variables["bootcount"] = std::to_string(count);
    if (count > std::stoul(variables["bootlimit"])) {
      variables["mender_boot_part"] =
          std::to_string(2 * kPartA + 1 - std::stoul(variables["mender_boot_part"]));
      variables["upgrade_available"] = "0";
    }
    SKIFF_TRY(environment.write(variables));
  }
  return variables["mender_boot_part"] == std::to_string(kPartA) ? Slot::kA : Slot::kB;
}

}  // namespace

std::string to_string(Loader loader) {
  constexpr std::array kNames = {"File", "Grub", "UbootRauc", "UbootMender"};
  return kNames[static_cast<std::size_t>(loader)];
}

agent::BootSettings boot_settings(Loader loader) {
  agent::BootSettings settings;
  if (loader == Loader::kFile) return settings;
  settings.kind = loader == Loader::kGrub ? agent::BootKind::kGrub : agent::BootKind::kUboot;
  settings.grub.folder = "boot/grub";
  settings.grub.partitions = {"gpt2", "gpt3"};
  settings.uboot.environment = "etc/fw_env.config";
  if (loader == Loader::kUbootMender) settings.uboot.names = agent::UbootSettings::Names::kMender;
  settings.uboot.partitions = {kPartA, kPartA + 1};
  return settings;
}

Result<void> prepare_loader(Loader loader, const agent::Config& config, agent::Storage& storage) {
  const agent::BootState both{Slot::kA, agent::Bootable::kGood, 0, {}};
  Variables variables;
  switch (loader) {
    case Loader::kFile: {
      SKIFF_ASSIGN(auto boot, agent::RecordPair::open(storage, config.boot_state(), agent::FileBoot::kCopy));
      return boot.write(agent::boot_state_text(both));
    }
    case Loader::kGrub:
      agent::GrubConvention().put(both, variables);
      SKIFF_TRY(put_file(storage, "boot/grub/grubenv", Bytes(agent::GrubEnvironment::kBlock)));
      return grub_environment(storage).write(variables);
    case Loader::kUbootRauc:
      agent::RaucConvention().put(both, variables);
      break;
    case Loader::kUbootMender:
      agent::MenderConvention({kPartA, kPartA + 1}).put(both, variables);
      break;
  }
  SKIFF_TRY(prepare_uboot(storage));
  return uboot_environment(storage).write(variables);
}

Result<Slot> start_loader(Loader loader, const agent::Config& config, agent::Storage& storage) {
  switch (loader) {
    case Loader::kFile:
      return agent::launch(config, storage);
    case Loader::kGrub:
      return start_grub(storage);
    case Loader::kUbootRauc:
      return start_rauc(storage);
    case Loader::kUbootMender:
      return start_mender(storage);
  }
  return fail(ErrorKind::kUsage, "no such boot loader");
}

}  // namespace skiff::testing
