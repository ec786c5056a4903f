// `skiff-server serve`: runs the server until it is told to end.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "access/certificates.hpp"
#include "cli/commands.hpp"
#include "cli/state_options.hpp"
#include "cli/worker_options.hpp"
#include "event_log.hpp"
#include "fleet_server.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  KeyArguments keys;
  StateArguments state;
  fs::path ca;
  fs::path port_file;
  fs::path enrol_port_file;
  std::string listen = "127.0.0.1:0";
  std::string enrol_listen;
  std::string public_listen;
  std::string operator_listen;
  fs::path operator_port_file;
  MakerArguments maker;
  std::int64_t keep_unused = 7;  ///< days
  std::int64_t stale_after = 7;  ///< days
  bool verbose = false;
  ServerOptions options;
};

/// "127.0.0.1:8443" or "[::1]:8443", as `option` has it.
Result<void> parse_listen(const std::string& option, const std::string& text, HttpOptions& http) {
  const std::size_t colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(port) > 65'535) {
    return fail(ErrorKind::kUsage, option + " wants ADDRESS:PORT, not " + text);
  }
  http.address = text.substr(0, colon);
  if (http.address.starts_with('[') && http.address.ends_with(']')) {
    http.address = http.address.substr(1, http.address.size() - 2);
  }
  http.port = static_cast<std::uint16_t>(std::stoul(port));
  return {};
}

Result<void> write_port(const fs::path& file, std::uint16_t port) {
  if (file.empty()) return {};
  return write_file(file, as_bytes(std::to_string(port) + "\n"));
}

/// A port where nobody shows a certificate: few connections, which have little to say.
HttpOptions small_port(const TlsFiles& tls) {
  HttpOptions http;
  http.tls = tls;
  http.tls.device_ca.clear();
  http.blocking_threads = 1;
  http.limits.connections = 256;
  http.limits.connections_per_address = 8;
  http.limits.sessions = 1'024;
  http.limits.idle = std::chrono::seconds(5);
  http.limits.body = std::chrono::seconds(10);
  return http;
}

Result<void> serve(Arguments arguments) {
  if (arguments.verbose) set_log_threshold(Severity::kDebug);
  ServerOptions& options = arguments.options;
  SKIFF_TRY(parse_listen("--listen", arguments.listen, options.http));
  options.maker = chosen_maker(arguments.maker);
  options.http.tls = {certificate_file(arguments.ca, kServerLeaf), key_file(arguments.ca, kServerLeaf),
                      certificate_file(arguments.ca, kDeviceCa)};
  options.ca = arguments.ca;
  options.state = arguments.state.folder;
  options.database = arguments.state.database;
  options.upkeep.keep_unused = std::chrono::hours(24 * arguments.keep_unused);
  options.watch.stale_after = arguments.stale_after * 86'400;
  if (!arguments.enrol_listen.empty()) {
    options.enrol = small_port(options.http.tls);
    SKIFF_TRY(parse_listen("--enrol-listen", arguments.enrol_listen, *options.enrol));
  }
  if (!arguments.public_listen.empty()) {
    options.public_http = options.http;  // downloads, as devices have them
    options.public_http->tls.device_ca.clear();
    SKIFF_TRY(parse_listen("--public-listen", arguments.public_listen, *options.public_http));
  }
  if (!arguments.operator_listen.empty()) {
    options.operators = small_port(options.http.tls);
    options.operators->blocking_threads = 2;  // one may be at a long upload's hash
    SKIFF_TRY(parse_listen("--operator-listen", arguments.operator_listen, *options.operators));
  }
  SKIFF_ASSIGN(OnlineKeys keys, load_keys(arguments.keys));
  const sigset_t signals = block_end_signals();
  SKIFF_ASSIGN(const auto server, FleetServer::create(options, std::move(keys)));
  server->start();
  SKIFF_TRY(write_port(arguments.port_file, server->port()));
  SKIFF_TRY(write_port(arguments.enrol_port_file, server->enrol_port()));
  SKIFF_TRY(write_port(arguments.operator_port_file, server->operator_port()));
  log_event(Severity::kInfo, "started",
            {{"address", options.http.address},
             {"port", server->port()},
             {"enrol-port", server->enrol_port()},
             {"public-port", server->public_port()},
             {"operator-port", server->operator_port()}});
  const int signal = wait_for_end(signals);
  log_event(Severity::kInfo, "stopping", {{"signal", static_cast<std::uint64_t>(signal)}});
  server->stop();
  return {};
}

void add_tuning_options(CLI::App& command, Arguments& arguments) {
  ServerOptions& options = arguments.options;
  command.add_option("--workers", options.workers, "Deltas that are made at once; 0: none are")
      ->capture_default_str();
  add_maker_options(command, arguments.maker);
  command.add_option("--io-threads", options.http.io_threads, "Threads for the network")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command.add_option("--poll", options.api.times.idle, "Seconds between check-ins of an idle device")
      ->capture_default_str();
  command.add_option("--poll-wait", options.api.times.wait, "The same, while its delta is being made")
      ->capture_default_str();
  command.add_option("--max-connections", options.http.limits.connections, "Connections at once")
      ->capture_default_str();
  command
      .add_option("--max-connections-per-address", options.http.limits.connections_per_address,
                  "Connections at once from one address")
      ->capture_default_str();
  command
      .add_option("--certificate-days", options.enrolment.certificate_days, "Life of a device's certificate")
      ->capture_default_str()
      ->check(CLI::Range(1, 36'500));
  command
      .add_option("--keep-unused", arguments.keep_unused,
                  "Days that a delta is kept which no device has a use for")
      ->capture_default_str()
      ->check(CLI::Range(0, 36'500));
  command
      .add_option("--max-pending", options.pending.total,
                  "Strangers that may wait to be accepted; they are forgotten after a week")
      ->capture_default_str();
  command
      .add_option("--max-uploads", options.uploads.total,
                  "Bytes of uploads that no release lists yet; they are dropped after a week")
      ->capture_default_str();
  command.add_option("--max-uploads-per-user", options.uploads.per_user, "The same, of one user")
      ->capture_default_str();
  command.add_flag("--deployments-only", options.api.deployments_only,
                   "A release that has no deployment reaches nobody, not everybody");
  command.add_flag("--webhook-allow-plain", options.webhooks.allow_plain,
                   "Events may be sent over http:// to this machine itself");
  command.add_flag("--webhook-allow-local", options.webhooks.allow_local,
                   "Events may be sent to addresses of this machine, of its link and of metadata services");
  command.add_option("--webhook-ca", options.webhooks.ca,
                     "Authorities of those that events are sent to; the system's unless told");
  command.add_flag_callback("--json-logs", log_as_json, "Log a JSON object a line");
  command
      .add_option("--stale-after", arguments.stale_after,
                  "Days without contact after which an alarm is raised")
      ->capture_default_str()
      ->check(CLI::Range(1, 36'500));
  command.add_flag("--verbose", arguments.verbose, "Log more");
}

}  // namespace

void add_serve_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand("serve", "Serve a repository to devices");
  command->add_option("--repo", arguments->options.repository, "Repository folder (skiff repo init)")
      ->required();
  add_key_options(*command, arguments->keys);
  add_state_options(*command, arguments->state);
  command->add_option("--ca", arguments->ca, "Folder of the authorities (skiff-server ca init)")->required();
  command->add_option("--listen", arguments->listen, "Address and port; port 0 takes a free one")
      ->capture_default_str();
  command->add_option("--port-file", arguments->port_file,
                      "File to write the port to, once connections are taken");
  command->add_option(
      "--enrol-listen", arguments->enrol_listen,
      "Address and port where devices without a certificate ask for one; nowhere unless told");
  command->add_option("--enrol-port-file", arguments->enrol_port_file, "File to write that port to");
  command->add_option(
      "--public-listen", arguments->public_listen,
      "Address and port where metadata and targets are for everybody, as for a cache or mirror; "
      "nowhere unless told");
  command->add_option("--operator-listen", arguments->operator_listen,
                      "Address and port for operators and their programs; nowhere unless told");
  command->add_option("--operator-port-file", arguments->operator_port_file, "File to write that port to");
  add_tuning_options(*command, *arguments);
  command->callback([arguments, &chosen] { chosen = [arguments] { return serve(*arguments); }; });
}

}  // namespace skiff::server
