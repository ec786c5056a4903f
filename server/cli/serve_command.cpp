// `skiff-server serve`: runs the server until it is told to end.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <thread>

#include "access/certificates.hpp"
#include "cli/commands.hpp"
#include "event_log.hpp"
#include "fleet_server.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPassphrase = 4'096;  // bytes
constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

struct Arguments {
  fs::path keys;
  fs::path passphrase_file;
  fs::path ca;
  fs::path port_file;
  fs::path enrol_port_file;
  std::string listen = "127.0.0.1:0";
  std::string enrol_listen;
  std::string operator_listen;
  fs::path operator_port_file;
  std::uint64_t job_memory = 2'048;  ///< MiB
  std::string codec{to_string(MakerOptions().codec)};
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

Result<std::string> read_passphrase(const fs::path& file) {
  if (file.empty()) return std::string();
  SKIFF_ASSIGN(const Bytes bytes, read_file(file, kMaxPassphrase));
  std::string passphrase(as_text(bytes));
  if (passphrase.ends_with('\n')) passphrase.pop_back();
  return passphrase;
}

/// Blocks the signals that end the server in this thread and those it will start; wait_for_end() takes them.
sigset_t block_end_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int wait_for_end(const sigset_t& signals) {
  int signal = 0;
  ::sigwait(&signals, &signal);
  return signal;
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
  http.limits.idle = std::chrono::seconds(5);
  http.limits.body = std::chrono::seconds(10);
  return http;
}

Result<void> serve(Arguments arguments) {
  if (arguments.verbose) set_log_threshold(Severity::kDebug);
  ServerOptions& options = arguments.options;
  SKIFF_TRY(parse_listen("--listen", arguments.listen, options.http));
  options.maker.max_memory = arguments.job_memory * kMebibyte;
  options.maker.codec = arguments.codec == to_string(Codec::kZstd) ? Codec::kZstd : Codec::kContextMixing;
  options.http.tls = {certificate_file(arguments.ca, kServerLeaf), key_file(arguments.ca, kServerLeaf),
                      certificate_file(arguments.ca, kDeviceCa)};
  options.ca = arguments.ca;
  if (!arguments.enrol_listen.empty()) {
    options.enrol = small_port(options.http.tls);
    SKIFF_TRY(parse_listen("--enrol-listen", arguments.enrol_listen, *options.enrol));
  }
  if (!arguments.operator_listen.empty()) {
    options.operators = small_port(options.http.tls);
    SKIFF_TRY(parse_listen("--operator-listen", arguments.operator_listen, *options.operators));
  }
  SKIFF_ASSIGN(const std::string passphrase, read_passphrase(arguments.passphrase_file));
  SKIFF_ASSIGN(OnlineKeys keys, load_online_keys(arguments.keys, passphrase));
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
  command.add_option("--job-threads", options.maker.threads, "Threads that work on one delta")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command
      .add_option("--codec", arguments.codec,
                  "Codec of the deltas that are made: cm (smaller) or zstd (faster); full images are zstd")
      ->capture_default_str()
      ->check(CLI::IsMember({"cm", "zstd"}));
  command.add_flag("--open", options.maker.open,
                   "Open compressed streams of images: for fleets whose devices have the re-packers of this "
                   "machine, in the same versions");
  command.add_option("--job-memory", arguments.job_memory, "MiB that making one delta may use")
      ->capture_default_str();
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
      .add_option("--max-pending", options.pending.total,
                  "Strangers that may wait to be accepted; they are forgotten after a week")
      ->capture_default_str();
  command.add_flag("--deployments-only", options.api.deployments_only,
                   "A release that has no deployment reaches nobody, not everybody");
  command.add_flag("--verbose", arguments.verbose, "Log more");
}

}  // namespace

void add_serve_command(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  arguments->options.maker.threads = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* const command = app.add_subcommand("serve", "Serve a repository to devices");
  command->add_option("--repo", arguments->options.repository, "Repository folder (skiff repo init)")
      ->required();
  command->add_option("--keys", arguments->keys, "Folder of deltas.key, snapshot.key and timestamp.key")
      ->required();
  command->add_option("--passphrase-file", arguments->passphrase_file, "Passphrase of these keys");
  command->add_option("--state", arguments->options.state, "Folder for the database and work in progress")
      ->required();
  command->add_option("--ca", arguments->ca, "Folder of the authorities (skiff-server ca init)")->required();
  command->add_option("--listen", arguments->listen, "Address and port; port 0 takes a free one")
      ->capture_default_str();
  command->add_option("--port-file", arguments->port_file,
                      "File to write the port to, once connections are taken");
  command->add_option(
      "--enrol-listen", arguments->enrol_listen,
      "Address and port where devices without a certificate ask for one; nowhere unless told");
  command->add_option("--enrol-port-file", arguments->enrol_port_file, "File to write that port to");
  command->add_option("--operator-listen", arguments->operator_listen,
                      "Address and port for operators and their programs; nowhere unless told");
  command->add_option("--operator-port-file", arguments->operator_port_file, "File to write that port to");
  add_tuning_options(*command, *arguments);
  command->callback([arguments, &chosen] { chosen = [arguments] { return serve(*arguments); }; });
}

}  // namespace skiff::server
