#include "agent/device.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <fstream>
#include <sstream>

#include "agent/boot/custom_boot.hpp"
#include "agent/boot/file_boot.hpp"
#include "agent/boot/variable_boot.hpp"
#include "agent/machine/state_store.hpp"
#include "agent/machine/trusted_time.hpp"
#include "agent/net/folder_server.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kMaxUbootConfig = 65'536;
constexpr std::uint64_t kMaxCertificate = 512'000;

HttpOptions http_options(const Config& config, std::int64_t now) {
  HttpOptions options;
  options.base_url = config.server;
  options.ca = config.ca;
  options.certificate = config.certificate;
  options.key = config.key;
  options.proxy = config.proxy;
  options.now = now;
  options.stall_timeout = std::chrono::seconds(config.stall_timeout);
  options.rate = config.link.rate;
  return options;
}

CheckOptions check_options(const Config& config, Slot running) {
  CheckOptions options;
  options.folder = config.checks_dir;
  options.user = config.checks_user;
  options.slot = std::string(to_string(running));
  return options;
}

/// What certificates are judged by: the clock alone may stand at 1970.
Result<std::int64_t> time_of(const Config& config, Storage& storage, const Clock& clock) {
  SKIFF_ASSIGN(const StateStore store, StateStore::open(storage, config.state_dir));
  const Identity identity = store.identity().value_or(Identity{});
  return trusted_time({clock.wall(), identity.good_time, kBuildTime, identity.issued});
}

Result<HttpClient> open_client(const Config& config, Storage& storage, const DeviceWorld& world) {
  SKIFF_ASSIGN(const std::int64_t now, time_of(config, storage, world.clock));
  HttpOptions options = http_options(config, now);
  options.sessions = &world.memory.sessions;
  return HttpClient::open(std::move(options));
}

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

Result<std::unique_ptr<Decoder>> start_decoder(const Source& base, ResultWriter& result,
                                               const ApplyOptions& options) {
  SKIFF_ASSIGN(DecoderPeer peer, start_decoder_program(decoder_program()));
  return DecoderProcess::start(std::move(peer), base, result, options);
}

}  // namespace

Result<Descriptor> lock_state(const Config& config) {
  const std::filesystem::path path = config.state_dir / "lock";
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return os_error("open", path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::kUsage, "another agent is at work in " + config.state_dir.string(),
                std::string(kBusyRule));
  }
  return lock;
}

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

std::uint64_t device_seed(const Config& config) {
  const Result<Bytes> certificate = read_file(config.certificate, kMaxCertificate);
  const Sha256 digest = sha256(certificate ? *certificate : Bytes{});
  std::uint64_t seed = 0;
  for (int i = 0; i < 8; ++i) seed = seed << 8 | digest.bytes[static_cast<std::size_t>(i)];
  return seed;
}

Device::Device(Parts parts, const Config& config, const DeviceWorld& world)
    : lock_(std::move(parts.lock)),
      client_(std::move(parts.client)),
      direct_(open_server(config, world)),
      policy_(client_ ? config.link : LinkPolicy{}),
      account_(std::move(parts.account)),
      server_(*direct_, account_, policy_, {world.clock, device_seed(config)}) {}

std::unique_ptr<UpdateServer> Device::open_server(const Config& config, const DeviceWorld& world) {
  if (!client_) return std::make_unique<FolderServer>(world.folder, storage_, config.metadata_dir());
  return std::make_unique<HttpUpdateServer>(*client_, storage_, config.metadata_dir(), &world.memory);
}

MachineOptions Device::machine_options(const Config& config) const {
  MachineOptions options;
  options.hardware = config.hardware;
  options.slots = config.slots;
  options.state_dir = config.state_dir;
  options.running = running_;
  options.tries = static_cast<std::uint32_t>(config.tries);
  options.decoder_memory = config.decoder_memory;
  options.trial_deadline = config.trial_deadline;
  options.install = policy_.install;
  options.seed = device_seed(config);
  return options;
}

Result<std::unique_ptr<Device>> Device::open(const Config& config, std::optional<Slot> told,
                                             const DeviceWorld& world) {
  SKIFF_ASSIGN(Descriptor lock, lock_state(config));
  PosixStorage storage;
  std::optional<HttpClient> client;
  if (world.folder.empty()) {
    SKIFF_ASSIGN(client, open_client(config, storage, world));
  }
  SKIFF_ASSIGN(LinkAccount account, LinkAccount::open(storage, config.state_dir));
  Parts parts{std::move(lock), std::move(client), std::move(account)};
  std::unique_ptr<Device> device(new Device(std::move(parts), config, world));
  SKIFF_ASSIGN(device->running_, running_slot(config, told, device->storage_));
  SKIFF_ASSIGN(device->boot_, open_boot(config, device->running_, device->storage_));
  device->checks_ = std::make_unique<CheckRunner>(check_options(config, device->running_));
  const MachineDeps deps{device->storage_, *device->boot_, device->server_,
                         *device->checks_, world.clock,    start_decoder};
  SKIFF_ASSIGN(Machine machine, Machine::open(deps, device->machine_options(config)));
  device->machine_.emplace(std::move(machine));
  return device;
}

}  // namespace skiff::agent
