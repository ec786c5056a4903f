// `skiff-server device`: who the devices are, and which may speak to the server.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "access/identity.hpp"
#include "cli/commands.hpp"
#include "fleet_server.hpp"
#include "store/database.hpp"
#include "store/devices.hpp"

namespace skiff::server {
namespace {

struct Arguments {
  std::filesystem::path state;
  std::string serial;
};

/// One line a device, tab-separated, after a line of headings.
Result<void> list_devices(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, Database::open(database_file(arguments.state)));
  SKIFF_ASSIGN(const std::vector<DeviceRecord> records, DeviceStore(*database).list());
  std::cout << "serial\tadmission\thardware\tversion\tcounter\tstate\tlast_contact\treceived\tsent\n";
  for (const DeviceRecord& record : records) {
    std::cout << record.status.serial << '\t' << to_string(record.admission) << '\t' << record.status.hardware
              << '\t' << record.status.version << '\t' << record.status.counter_floor << '\t'
              << record.status.agent_state << '\t' << record.last_contact << '\t' << record.wire.received
              << '\t' << record.wire.sent << '\n';
  }
  return {};
}

Result<void> set_admission(const Arguments& arguments, Admission admission) {
  if (!is_serial(arguments.serial)) return fail(ErrorKind::kUsage, arguments.serial + " is no serial");
  SKIFF_ASSIGN(const auto database, Database::open(database_file(arguments.state)));
  return DeviceStore(*database).set_admission(arguments.serial, admission);
}

CLI::App* add_verb(CLI::App& device, const std::string& verb, const std::string& description,
                   const std::shared_ptr<Arguments>& arguments) {
  CLI::App* const command = device.add_subcommand(verb, description);
  command->add_option("--state", arguments->state, "State folder of the server")->required();
  return command;
}

void add_admission_verb(CLI::App& device, const std::string& verb, Admission admission, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      add_verb(device, verb, "Set the device " + std::string(to_string(admission)), arguments);
  command->add_option("SERIAL", arguments->serial, "The device's serial")->required();
  command->callback([arguments, admission, &chosen] {
    chosen = [arguments, admission] { return set_admission(*arguments, admission); };
  });
}

}  // namespace

void add_device_command(CLI::App& app, Action& chosen) {
  CLI::App* const device = app.add_subcommand("device", "List devices, reject or accept them");
  device->require_subcommand(1);
  auto arguments = std::make_shared<Arguments>();
  add_verb(*device, "list", "Show every device that ever checked in", arguments)
      ->callback([arguments, &chosen] { chosen = [arguments] { return list_devices(*arguments); }; });
  add_admission_verb(*device, "reject", Admission::kRejected, chosen);
  add_admission_verb(*device, "accept", Admission::kAccepted, chosen);
}

}  // namespace skiff::server
