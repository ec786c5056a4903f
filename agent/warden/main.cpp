// skiff-warden: opens slots and sets the boot state for an agent that may do neither.
#include <getopt.h>

#include <cstdio>
#include <ctime>

#include "agent/boot/open_boot.hpp"
#include "agent/system/account.hpp"
#include "agent/system/log.hpp"
#include "agent/system/notify.hpp"
#include "agent/warden/listener.hpp"

namespace {

namespace agent = skiff::agent;
using skiff::Result;

constexpr int kExitUsage = 2;

struct Options {
  std::string config = "/etc/skiff/agent.json";
  std::optional<agent::Slot> slot;  ///< the one that runs
};

std::optional<Options> options_of(int argc, char** argv) {
  constexpr struct option kKnown[] = {
      {"config", required_argument, nullptr, 'c'}, {"slot", required_argument, nullptr, 's'}, {}};
  Options options;
  for (int found = 0; (found = ::getopt_long(argc, argv, "", kKnown, nullptr)) != -1;) {
    if (found == 'c') options.config = optarg;
    if (found == 's') options.slot = agent::slot_of(optarg);
    if (found == '?' || (found == 's' && !options.slot)) return std::nullopt;
  }
  return optind == argc ? std::optional(options) : std::nullopt;
}

Result<void> serve(const Options& options) {
  SKIFF_ASSIGN(const agent::Config config, agent::read_config(options.config));
  if (!config.warden.any()) return fail(skiff::ErrorKind::kUsage, "config: there is no member warden");
  SKIFF_ASSIGN(const agent::Account account, agent::find_account(config.warden.user));
  agent::PosixStorage storage;
  SKIFF_ASSIGN(const agent::Slot running, agent::running_slot(config, options.slot, storage));
  const agent::WallClock wall = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
  SKIFF_ASSIGN(agent::Permits permits, agent::Permits::open(config, storage, wall));
  SKIFF_ASSIGN(const agent::Descriptor listener, agent::listen_at(config.warden.socket));
  agent::log_event("started", {{"slot", std::string(to_string(running))}, {"user", config.warden.user}});
  agent::tell_ready();
  const agent::Warden warden(config, running, permits);
  for (;;) SKIFF_TRY(agent::serve_next(listener.get(), account.user, warden));
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Options> options = options_of(argc, argv);
  if (!options) {
    std::fputs("usage: skiff-warden [--config FILE] [--slot A|B]\n", stderr);
    return kExitUsage;
  }
  const Result<void> ended = serve(*options);
  agent::log_event("error", {{"what", ended ? "ended" : ended.error().text()}});
  return 1;
}
