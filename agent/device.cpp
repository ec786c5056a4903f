#include "agent/device.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <thread>

#include "agent/machine/state_store.hpp"
#include "agent/machine/trusted_time.hpp"
#include "agent/net/folder_server.hpp"
#include "agent/rights.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

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

Result<std::unique_ptr<Decoder>> start_decoder(const Source& base, ResultWriter& result,
                                               const ApplyOptions& options) {
  SKIFF_ASSIGN(DecoderPeer peer, start_decoder_program(decoder_program()));
  return DecoderProcess::start(std::move(peer), base, result, options);
}

/// Asked once: what is installed does not change while the agent runs.
Result<RepackerVersions> repackers_of_decoder(PollMemory& memory) {
  if (!memory.repackers) {
    SKIFF_ASSIGN(memory.repackers, ask_repackers(decoder_program()));
  }
  return *memory.repackers;
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

std::uint64_t device_seed(const Config& config) {
  const Result<Bytes> certificate = read_file(config.certificate, kMaxCertificate);
  const Sha256 digest = sha256(certificate ? *certificate : Bytes{});
  std::uint64_t seed = 0;
  for (int i = 0; i < 8; ++i) seed = seed << 8 | digest.bytes[static_cast<std::size_t>(i)];
  return seed;
}

Device::Device(Parts parts, const Config& config, const DeviceWorld& world)
    : lock_(std::move(parts.lock)),
      storage_(std::move(parts.storage)),
      client_(std::move(parts.client)),
      direct_(open_server(config, world)),
      policy_(client_ ? config.link : LinkPolicy{}),
      account_(std::move(parts.account)),
      server_(*direct_, account_, policy_, {world.clock, device_seed(config)}) {}

std::unique_ptr<UpdateServer> Device::open_server(const Config& config, const DeviceWorld& world) {
  const StoredMetadata files(*storage_, config.warden.any());
  if (!client_) return std::make_unique<FolderServer>(world.folder, files, config.metadata_dir());
  return std::make_unique<HttpUpdateServer>(*client_, files, config.metadata_dir(), &world.memory);
}

MachineOptions Device::machine_options(const Config& config) const {
  MachineOptions options;
  options.hardware = config.hardware;
  options.slots = config.slots;
  options.state_dir = config.state_dir;
  options.running = running_;
  options.tries = static_cast<std::uint32_t>(config.tries);
  options.limits.decoder_memory = config.decoder_memory;
  options.limits.decoder_threads =
      std::clamp(std::thread::hardware_concurrency(), 1U, static_cast<unsigned>(config.decoder_threads));
  options.trial_deadline = config.trial_deadline;
  options.install = policy_.install;
  options.seed = device_seed(config);
  return options;
}

Result<std::unique_ptr<Device>> Device::open(const Config& config, std::optional<Slot> told,
                                             const DeviceWorld& world) {
  SKIFF_ASSIGN(Descriptor lock, lock_state(config));
  std::unique_ptr<Storage> storage = open_storage(config);
  std::optional<HttpClient> client;
  if (world.folder.empty()) {
    SKIFF_ASSIGN(client, open_client(config, *storage, world));
  }
  SKIFF_ASSIGN(LinkAccount account, LinkAccount::open(*storage, config.state_dir));
  SKIFF_ASSIGN(Footing footing, find_footing(config, told, *storage));
  Parts parts{std::move(lock), std::move(storage), std::move(client), std::move(account)};
  std::unique_ptr<Device> device(new Device(std::move(parts), config, world));
  device->running_ = footing.running;
  device->boot_ = std::move(footing.boot);
  device->checks_ = std::make_unique<CheckRunner>(check_options(config, device->running_));
  const MachineDeps deps{*device->storage_,
                         *device->boot_,
                         device->server_,
                         *device->checks_,
                         world.clock,
                         start_decoder,
                         [&memory = world.memory] { return repackers_of_decoder(memory); },
                         asks_permit(config, *device->storage_)};
  SKIFF_ASSIGN(Machine machine, Machine::open(deps, device->machine_options(config)));
  device->machine_.emplace(std::move(machine));
  return device;
}

}  // namespace skiff::agent
