#include "agent/commands.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "agent/boot/file_boot.hpp"
#include "agent/boot/grub_script.hpp"
#include "agent/device.hpp"
#include "agent/enrolment.hpp"
#include "agent/install/read_back.hpp"
#include "agent/machine/json_fields.hpp"
#include "agent/net/client_key.hpp"
#include "agent/policy/poll_schedule.hpp"
#include "agent/rights.hpp"
#include "agent/system/log.hpp"
#include "agent/system/posix_clock.hpp"
#include "agent/system/random.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

namespace fs = std::filesystem;
using Stop = Outcome::Stop;

constexpr std::uint64_t kMaxRoot = 512'000;
constexpr std::uint64_t kLongestDelay = 86'400;  // seconds

Result<void> make_folder(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return fail(ErrorKind::kIo, "cannot make " + path.string() + ": " + code.message());
  return {};
}

Result<Outcome> step(const Config& config, std::optional<Slot> told, const DeviceWorld& world) {
  SKIFF_ASSIGN(const std::unique_ptr<Device> device, Device::open(config, told, world));
  return device->machine().run();
}

ExitCode exit_code(Stop stop) {
  switch (stop) {
    case Stop::kIdle:
      return kExitDone;
    case Stop::kReboot:
      return kExitReboot;
    case Stop::kLater:
    case Stop::kHeld:
      return kExitLater;
    case Stop::kRefused:
      return kExitError;
  }
  return kExitError;
}

PollSchedule schedule_of(const Config& config) {
  return {std::chrono::seconds(config.poll_interval), device_seed(config)};
}

Visit visit_of(const Result<Outcome>& outcome, unsigned failures) {
  Visit visit{Visit::End::kLater, std::chrono::seconds(0), true, failures};
  if (!outcome) return visit;
  if (outcome->stop == Stop::kIdle) visit.end = Visit::End::kDone;
  if (outcome->stop == Stop::kHeld) visit.end = Visit::End::kHeld;
  visit.asked = std::chrono::seconds(std::min<std::uint64_t>(outcome->delay, kLongestDelay));
  visit.under_way = outcome->under_way;
  return visit;
}

/// Before the first visit; none where an update is under way, or nothing of the device can be opened.
std::chrono::milliseconds first_delay(const Config& config, std::optional<Slot> told,
                                      const DeviceWorld& world) {
  const Result<std::unique_ptr<Device>> device = Device::open(config, told, world);
  const bool idle = device && (*device)->machine().record().state == State::kIdle;
  return idle ? schedule_of(config).first(world.clock.uptime()) : std::chrono::milliseconds(0);
}

/// Tells the unit that watches over a trial that this slot is kept: a file in the folder that the service
/// manager made for this boot.
void tell_kept() {
  const char* folder = std::getenv("RUNTIME_DIRECTORY");
  if (folder == nullptr) return;
  const fs::path path = fs::path(folder) / "kept";
  if (!std::ofstream(path)) log_event("fault", {{"error", "cannot make " + path.string()}});
}

Json boot_json(const BootStatus& status) {
  Json::Object object = {
      {"A", to_string(status.a)}, {"B", to_string(status.b)}, {"tries", std::int64_t{status.tries}}};
  if (status.primary) object.emplace("primary", to_string(*status.primary));
  if (status.booted) object.emplace("booted", to_string(*status.booted));
  return object;
}

void add_record(const UpdateRecord& record, Json::Object& status) {
  status["state"] = to_string(record.state);
  if (record.state == State::kIdle) return;
  status["update"] = Json::Object{{"target", to_string(record.target)},
                                  {"release", record.release},
                                  {"delta", record.delta},
                                  {"segments_done", record.segments_done},
                                  {"bytes", ledger_json(record.bytes)},
                                  {"reason", record.reason}};
}

std::string lines_of(const Json::Object& status) {
  std::string text;
  for (const auto& [key, value] : status) {
    text += key + ": " + (value.string() != nullptr ? *value.string() : json_text(value)) + '\n';
  }
  return text;
}

}  // namespace

Result<void> init_device(const Config& config, const InitOptions& options) {
  SKIFF_TRY(make_folder(config.metadata_dir()));
  SKIFF_TRY(make_folder(config.state_dir / "reports"));
  SKIFF_ASSIGN(const Descriptor lock, lock_state(config));
  SKIFF_ASSIGN(const Bytes root, read_file(options.root, kMaxRoot));
  SKIFF_TRY(tuf::Client::init(config.metadata_dir(), root));
  const std::unique_ptr<Storage> opened = open_storage(config);
  Storage& storage = *opened;
  Identity identity;
  Installed running;
  SKIFF_ASSIGN(running.image, identify_slot(storage, config.slots[static_cast<std::size_t>(options.running)],
                                            options.image_length));
  running.version = options.version;
  identity.of(options.running) = std::move(running);
  identity.active = options.running;
  identity.counter_floor = options.counter;
  SKIFF_ASSIGN(StateStore store, StateStore::open(storage, config.state_dir));
  SKIFF_TRY(store.save(identity));
  SKIFF_TRY(store.save(UpdateRecord{}));
  SKIFF_ASSIGN(const Footing footing, find_footing(config, options.running, storage));
  SKIFF_ASSIGN(const BootStatus status, footing.boot->status());
  if (status.of(options.running) == Bootable::kGood) return {};
  return fail(ErrorKind::kUsage, "boot state: the running slot is not committed");
}

Result<std::string> certificate_request(const Config& config, const std::string& serial) {
  SKIFF_ASSIGN(const ClientKey key, open_client_key(config.key));
  return certificate_request(*key, serial);
}

Result<ExitCode> run_once(const Config& config, std::optional<Slot> told) {
  PosixClock clock;
  PollMemory memory;
  SKIFF_ASSIGN(const Outcome outcome, step(config, told, {clock, memory}));
  return exit_code(outcome.stop);
}

Result<ExitCode> run_daemon(const Config& config, std::optional<Slot> told) {
  PosixClock clock;
  PollMemory memory;
  Renewal renewal;
  const DeviceWorld world{clock, memory};
  if (!clock.pause(first_delay(config, told, world))) return kExitDone;
  for (unsigned failures = 0;;) {
    renewal.keep_up(config);
    const Result<Outcome> outcome = step(config, told, world);
    if (!outcome) log_event("fault", {{"error", outcome.error().text()}});
    if (outcome && outcome->stop == Stop::kReboot) {
      if (config.reboot_command.empty()) return kExitReboot;
      SKIFF_TRY(reboot(config));
    }
    // No trial ends idle but in a commit.
    if (outcome && outcome->stop == Stop::kIdle) tell_kept();
    const Visit visit = visit_of(outcome, failures + 1);
    failures = visit.end == Visit::End::kLater && visit.asked.count() == 0 ? visit.failures : 0;
    const auto delay = schedule_of(config).next(visit, clock.uptime(), random_number());
    if (!clock.pause(delay)) return kExitDone;
  }
}

Result<ExitCode> import_folder(const Config& config, std::optional<Slot> told, const fs::path& folder) {
  for (const char* part : {"metadata", "targets", "plan.json"}) {
    if (!fs::exists(folder / part))
      return fail(ErrorKind::kUsage, (folder / part).string() + " is not there");
  }
  PosixClock clock;
  PollMemory memory;
  SKIFF_ASSIGN(const Outcome outcome, step(config, told, {clock, memory, folder}));
  return exit_code(outcome.stop);
}

Result<void> install_boot_loader(const Config& config, Slot primary) {
  if (config.boot.kind != BootKind::kGrub) {
    return fail(ErrorKind::kUsage, "config: boot.kind is not grub");
  }
  PosixStorage storage;
  return install_grub(storage, config.boot.grub, primary);
}

Result<Slot> launch(const Config& config, Storage& storage) {
  if (config.boot.kind != BootKind::kFile) {
    return fail(ErrorKind::kUsage, "the boot loader of this device is not skiff-agent");
  }
  SKIFF_ASSIGN(const StateStore store, StateStore::open(storage, config.state_dir));
  const std::optional<Identity> identity = store.identity();
  SKIFF_ASSIGN(const std::optional<BootState> known, read_boot_state(storage, config.boot_state()));
  if (!known && !identity) return fail(ErrorKind::kIo, "neither the boot state nor the identity can be read");
  // Without a boot state the slot committed last is the only one known to be whole.
  const Slot fallback = identity ? identity->active : Slot::kA;
  SKIFF_ASSIGN(FileBoot boot, FileBoot::open(storage, config.boot_state(), fallback));
  return boot.launch();
}

Result<std::string> status_text(const Config& config, bool as_json) {
  PosixStorage storage;
  SKIFF_ASSIGN(const StateStore store, StateStore::open(storage, config.state_dir));
  Json::Object status;
  if (const auto record = store.record()) add_record(*record, status);
  if (const auto identity = store.identity()) {
    status["A"] = installed_json(identity->of(Slot::kA));
    status["B"] = installed_json(identity->of(Slot::kB));
    status["active"] = to_string(identity->active);
    status["counter_floor"] = identity->counter_floor;
  }
  SKIFF_ASSIGN(const auto boot, known_boot_status(config, storage));
  if (boot) status["boot"] = boot_json(*boot);
  SKIFF_ASSIGN(const LinkAccount link, LinkAccount::open(storage, config.state_dir));
  status["link"] = link_use_json(link.use());
  ReportQueue reports(storage, config.state_dir / "reports");
  SKIFF_ASSIGN(const std::size_t waiting, reports.size());
  status["reports_waiting"] = std::uint64_t{waiting};
  return as_json ? json_text(status) + '\n' : lines_of(status);
}

}  // namespace skiff::agent
