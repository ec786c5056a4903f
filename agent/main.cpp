// skiff-agent: the program on the device.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "agent/commands.hpp"
#include "agent/device.hpp"
#include "agent/enrolment.hpp"
#include "agent/system/account.hpp"
#include "agent/system/log.hpp"

namespace {

using namespace std::string_literals;
namespace agent = skiff::agent;
using skiff::Result;

struct Options {
  std::string config = "/etc/skiff/agent.json";
  std::string slot;
  bool json = false;
  std::string loader;
  std::string folder;
  std::string serial;
  std::string enrol_url;
  agent::InitOptions init;

  [[nodiscard]] std::optional<agent::Slot> told() const { return agent::slot_of(slot); }
};

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& what, Options& options) {
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("--config", options.config, "configuration file")->capture_default_str();
  return command;
}

void add_slot(CLI::App& command, Options& options) {
  command.add_option("--slot", options.slot, "the slot that runs")->check(CLI::IsMember({"A"s, "B"s}));
}

void add_commands(CLI::App& app, Options& options) {
  CLI::App* init = add_command(app, "init", "make the state folder of a device", options);
  init->add_option("--root", options.init.root, "first trusted root.json")->required();
  init->add_option("--image-length", options.init.image_length, "bytes of the image in the running slot");
  init->add_option("--version", options.init.version, "version of the running release");
  init->add_option("--counter", options.init.counter, "release counter of the running release");
  add_slot(*init, options);
  add_slot(*add_command(app, "once", "check in and do what there is to do now", options), options);
  add_slot(*add_command(app, "run", "poll until told to end", options), options);
  CLI::App* import =
      add_command(app, "import", "once, with a folder (a USB stick) in the server's place", options);
  import->add_option("folder", options.folder, "has metadata, targets and plan.json")->required();
  add_slot(*import, options);
  CLI::App* boot = add_command(app, "boot", "play the boot loader: print the slot to boot", options);
  CLI::App* install = add_command(*boot, "install", "put the boot loader's files in place", options);
  install->add_option("loader", options.loader)->required()->check(CLI::IsMember({"grub"s}));
  add_slot(*install, options);
  CLI::App* status = add_command(app, "status", "show the state", options);
  status->add_flag("--json", options.json, "as a JSON object");
  CLI::App* request =
      add_command(app, "request", "print a request for a certificate of the device's key", options);
  request->add_option("--serial", options.serial, "the device's serial")->required();
  CLI::App* enrol = add_command(app, "enrol", "ask for a certificate of the device's key", options);
  enrol->add_option("--url", options.enrol_url, "the server's port for enrolment")->required();
  CLI::App* renew = add_command(app, "renew", "ask for the next certificate, with the one there is", options);
  for (CLI::App* command : {enrol, renew}) {
    command->add_option("--serial", options.serial, "the device's serial")->required();
  }
  app.require_subcommand(1);
}

Result<int> print(Result<std::string> text) {
  SKIFF_ASSIGN(const std::string line, std::move(text));
  std::fputs(line.c_str(), stdout);
  return agent::kExitDone;
}

Result<int> dispatch(const std::string& command, const Options& options) {
  SKIFF_ASSIGN(const agent::Config config, agent::read_config(options.config));
  // What the agent writes belongs to its account, whoever calls it. The boot loader's part is for root.
  if (config.warden.any() && command != "boot") SKIFF_TRY(agent::stop_being_root(config.warden.user));
  if (command == "status") return print(agent::status_text(config, options.json));
  if (command == "request") return print(agent::certificate_request(config, options.serial));
  if (command == "enrol" || command == "renew") {
    return agent::enrol(config, {options.serial, options.enrol_url});
  }
  if (command == "boot" && !options.loader.empty()) {
    SKIFF_TRY(agent::install_boot_loader(config, options.told().value_or(agent::Slot::kA)));
    return agent::kExitDone;
  }
  if (command == "boot") {
    agent::PosixStorage storage;
    return print(agent::launch(config, storage).map([](agent::Slot slot) {
      return std::string(to_string(slot)) + "\n";
    }));
  }
  if (command == "init") {
    agent::InitOptions init = options.init;
    init.running = options.told().value_or(agent::Slot::kA);
    SKIFF_TRY(agent::init_device(config, init));
    return agent::kExitDone;
  }
  if (command == "import") return agent::import_folder(config, options.told(), options.folder);
  if (command == "once") return agent::run_once(config, options.told());
  return agent::run_daemon(config, options.told());
}

int run(int argc, char** argv) {
  CLI::App app("Skiff's agent: brings a device from one image to the next", "skiff-agent");
  Options options;
  add_commands(app, options);
  app.set_version_flag("--version", std::string(agent::kAgentVersion));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? agent::kExitDone : agent::kExitUsage;
  }
  const Result<int> code = dispatch(app.get_subcommands().front()->get_name(), options);
  if (code) return *code;
  agent::log_event("error", {{"what", code.error().text()}});
  return code.error().rule == agent::kBusyRule ? agent::kExitBusy : agent::kExitError;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skiff-agent: %s\n", error.what());
    return skiff::agent::kExitError;
  }
}
