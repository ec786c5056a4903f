// skiff: makes, applies and inspects deltas; keeps keys and the signed repository; follows any TUF
// repository; asks servers.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "cli/server_commands.hpp"
#include "shell/completion.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app{"Small signed deltas for over-the-air updates", "skiff"};
  app.set_version_flag("--version", SKIFF_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);

  skiff::cli::Action chosen;
  skiff::cli::add_diff_command(app, chosen);
  skiff::cli::add_apply_command(app, chosen);
  skiff::cli::add_inspect_command(app, chosen);
  skiff::cli::add_doctor_command(app, chosen);
  skiff::cli::add_verify_command(app, chosen);
  skiff::cli::add_key_command(app, chosen);
  skiff::cli::add_repo_command(app, chosen);
  skiff::cli::add_tuf_command(app, chosen);
  skiff::cli::add_sign_command(app, chosen);
  skiff::cli::add_release_command(app, chosen);
  skiff::cli::add_login_commands(app, chosen);
  skiff::cli::add_deploy_command(app, chosen);
  skiff::cli::add_device_command(app, chosen);
  skiff::cli::add_user_command(app, chosen);
  skiff::cli::add_audit_command(app, chosen);
  skiff::cli::add_group_command(app, chosen);
  skiff::cli::add_budget_command(app, chosen);
  skiff::cli::add_alarm_command(app, chosen);
  skiff::cli::add_webhook_command(app, chosen);
  skiff::cli::add_token_command(app, chosen);
  skiff::cli::add_delta_command(app, chosen);
  skiff::shell::add_completion_command(app, [&chosen](auto script) {
    chosen = [script]() -> skiff::Result<void> {
      std::fputs(script().c_str(), stdout);
      return {};
    };
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return skiff::cli::kExitOk;
    // The contract of TUF clients knows 0 and 1 only.
    return app.got_subcommand("tuf") ? skiff::cli::kExitFailure : skiff::cli::kExitUsage;
  }

  const skiff::Result<void> outcome = chosen();
  if (outcome) return skiff::cli::kExitOk;
  std::fprintf(stderr, "skiff: %s\n", outcome.error().text().c_str());
  return outcome.error().kind == skiff::ErrorKind::kUsage ? skiff::cli::kExitUsage : skiff::cli::kExitFailure;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skiff: %s\n", error.what());
    return skiff::cli::kExitFailure;
  }
}
