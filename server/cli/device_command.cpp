// `skiff-server device`: who the devices are, and which may speak to the server.
#include <iostream>
#include <sstream>

#include "access/identity.hpp"
#include "cli/verbs.hpp"
#include "fleet/listings.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kMaxList = std::uint64_t{256} << 20;  // bytes

struct Arguments {
  StateArguments state;
  std::string serial;
  std::string key;
  std::filesystem::path file;
};

Result<Json::Array> list_devices(Database& database, const Arguments&) {
  SKIFF_ASSIGN(const std::vector<DeviceRecord> records, DeviceStore(database).list());
  return listed(records);
}

Result<Json::Array> list_claims(Database& database, const Arguments&) {
  SKIFF_ASSIGN(const std::vector<StoredClaim> claims, AdmissionStore(database).claims());
  return listed(claims);
}

Result<void> decide(const Arguments& arguments, Admission admission) {
  if (!is_serial(arguments.serial)) return fail(ErrorKind::kUsage, arguments.serial + " is no serial");
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  AdmissionStore admissions(*database);
  if (arguments.key.empty()) return admissions.decide(arguments.serial, admission);
  return admissions.decide_claim(arguments.serial, arguments.key, admission);
}

/// "SERIAL KEY" a line; empty lines and those that begin with # are passed over.
Result<std::vector<Claim>> read_factory_list(const std::filesystem::path& file) {
  SKIFF_ASSIGN(const Bytes bytes, read_file(file, kMaxList));
  std::vector<Claim> devices;
  std::istringstream text{std::string(as_text(bytes))};
  std::size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    std::istringstream words(line);
    Claim device;
    std::string more;
    words >> device.serial >> device.key >> more;
    if (device.serial.empty() || device.serial.starts_with('#')) continue;
    if (!is_serial(device.serial) || !Sha256::from_hex(device.key) || !more.empty()) {
      return fail(ErrorKind::kFormat, file.string() + ", line " + std::to_string(number) +
                                          ": not a serial and the SHA-256 of a public key");
    }
    devices.push_back(std::move(device));
  }
  return devices;
}

Result<void> preauthorise(const Arguments& arguments) {
  SKIFF_ASSIGN(const std::vector<Claim> devices, read_factory_list(arguments.file));
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  SKIFF_ASSIGN(const std::uint64_t added, AdmissionStore(*database).preauthorise(devices));
  std::cout << added << " of " << devices.size() << " devices are new\n";
  return {};
}

struct AdmissionVerb {
  const char* name;
  const char* description;
  Admission admission;
  bool of_claims;  ///< whether it can be said of one key
};
constexpr AdmissionVerb kAdmissionVerbs[] = {
    {"accept", "Let the device speak to the server, or make KEY its key", Admission::kAccepted, true},
    {"reject", "Refuse the device, or KEY's claim to be it", Admission::kRejected, true},
    {"decommission", "End the device: no key can speak for it any more", Admission::kDecommissioned, false},
};

}  // namespace

void add_device_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> device(app, "device", "List devices, admit and refuse them", chosen);
  Arguments& arguments = device.arguments();
  device.add_list("list", "Show every device", shell::devices_table(), list_devices);
  device.add_list("claims", "Show the keys that say they are devices, and wait or were refused",
                  shell::claims_table(), list_claims);
  device.add("preauthorise", "List devices of the factory: they are accepted when they enrol", preauthorise)
      ->add_option("FILE", arguments.file, "A serial and the SHA-256 of its public key a line")
      ->required();
  for (const AdmissionVerb& verb : kAdmissionVerbs) {
    const auto run = [admission = verb.admission](const Arguments& of) { return decide(of, admission); };
    CLI::App* const command = device.add(verb.name, verb.description, run);
    command->add_option("SERIAL", arguments.serial, "The device's serial")->required();
    if (verb.of_claims) command->add_option("--key", arguments.key, "One of `device claims`");
  }
}

}  // namespace skiff::server
