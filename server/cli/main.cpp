// skiff-server: serves updates to a fleet of devices.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "cli/commands.hpp"
#include "shell/completion.hpp"

namespace {

// The exit codes of every Skiff program.
constexpr int kExitOk = 0;
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

int run(int argc, char** argv) {
  CLI::App app("Serves updates to a fleet of devices", "skiff-server");
  app.set_version_flag("--version", SKIFF_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);

  skiff::server::Action chosen;
  skiff::server::add_serve_command(app, chosen);
  skiff::server::add_worker_command(app, chosen);
  skiff::server::add_ca_command(app, chosen);
  skiff::server::add_device_command(app, chosen);
  skiff::server::add_alarm_command(app, chosen);
  skiff::server::add_group_command(app, chosen);
  skiff::server::add_deploy_command(app, chosen);
  skiff::server::add_budget_command(app, chosen);
  skiff::server::add_user_command(app, chosen);
  skiff::server::add_webhook_command(app, chosen);
  skiff::server::add_audit_command(app, chosen);
  skiff::shell::add_completion_command(app, [&chosen](auto script) {
    chosen = [script]() -> skiff::Result<void> {
      std::fputs(script().c_str(), stdout);
      return {};
    };
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }

  const skiff::Result<void> outcome = chosen();
  if (outcome) return kExitOk;
  std::fprintf(stderr, "skiff-server: %s\n", outcome.error().text().c_str());
  return outcome.error().kind == skiff::ErrorKind::kUsage ? kExitUsage : kExitFailure;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skiff-server: %s\n", error.what());
    return kExitFailure;
  }
}
