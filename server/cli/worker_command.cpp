// `skiff-server worker`: makes deltas for a server, in a process of its own.
#include <CLI/CLI.hpp>
#include <ctime>
#include <memory>

#include "cli/commands.hpp"
#include "cli/state_options.hpp"
#include "cli/worker_options.hpp"
#include "deltas/delta_workers.hpp"
#include "deltas/worker_place.hpp"
#include "event_log.hpp"

namespace skiff::server {
namespace {

struct Arguments {
  std::filesystem::path repository;
  StateArguments state;
  KeyArguments keys;
  MakerArguments maker;
  unsigned jobs = 1;
};

Result<void> work(const Arguments& arguments) {
  SKIFF_ASSIGN(OnlineKeys keys, load_keys(arguments.keys));
  // A worker's thread, and the one that keeps its job.
  SKIFF_ASSIGN(const auto database, open_database(arguments.state, 2 * arguments.jobs));
  SKIFF_ASSIGN(const auto catalogue, Catalogue::open(arguments.repository));
  SKIFF_ASSIGN(const WorkerPlace place, WorkerPlace::take(arguments.state.folder));
  MakerOptions maker = chosen_maker(arguments.maker);
  maker.work_folder = place.folder();
  const sigset_t signals = block_end_signals();
  JobStore jobs(*database);
  Publisher publisher(arguments.repository, std::move(keys));
  const auto clock = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
  DeltaWorkers workers({*catalogue, jobs, publisher, place.name()}, maker, clock, arguments.jobs);
  log_event(Severity::kInfo, "worker-started", {{"name", place.name()}});
  const int signal = wait_for_end(signals);
  log_event(Severity::kInfo, "worker-stopping", {{"signal", static_cast<std::uint64_t>(signal)}});
  workers.stop();
  return {};
}

}  // namespace

void add_worker_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      app.add_subcommand("worker", "Make deltas for a server (serve --workers 0), until told to end");
  command->add_option("--repo", arguments->repository, "Repository folder of the server")->required();
  add_state_options(*command, arguments->state);
  command->add_option("--workers", arguments->jobs, "Deltas that are made at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  add_key_options(*command, arguments->keys);
  add_maker_options(*command, arguments->maker);
  command->callback([arguments, &chosen] { chosen = [arguments] { return work(*arguments); }; });
}

}  // namespace skiff::server
