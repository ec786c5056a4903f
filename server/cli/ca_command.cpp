// `skiff-server ca`: the fleet's certificate authorities.
#include <CLI/CLI.hpp>
#include <memory>

#include "access/certificates.hpp"
#include "cli/commands.hpp"

namespace skiff::server {
namespace {

void add_init(CLI::App& ca, Action& chosen) {
  struct Arguments {
    std::filesystem::path folder;
    AuthorityOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const init =
      ca.add_subcommand("init", "Make the device CA, the server CA and the server's certificate");
  init->add_option("DIR", arguments->folder, "Folder to make them in")->required();
  init->add_option("--server-name", arguments->options.server_names,
                   "DNS name or address of the server; may be repeated")
      ->capture_default_str();
  init->add_option("--server-days", arguments->options.server_days, "Life of the server's certificate")
      ->capture_default_str();
  init->callback([arguments, &chosen] {
    chosen = [arguments] { return make_authorities(arguments->folder, arguments->options); };
  });
}

void add_issue(CLI::App& ca, Action& chosen) {
  struct Arguments {
    std::filesystem::path folder;
    DeviceCertificate device;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const issue =
      ca.add_subcommand("issue", "Make a device's key and certificate, or certify the key of a request");
  issue->add_option("DIR", arguments->folder, "Folder of the authorities")->required();
  issue->add_option("--serial", arguments->device.serial, "The device's serial")->required();
  issue->add_option("--out", arguments->device.certificate, "Certificate to write")->required();
  CLI::Option* const key = issue->add_option("--key", arguments->device.key, "Key to write");
  CLI::Option* const request = issue->add_option(
      "--request", arguments->device.request, "PKCS #10 request (PEM) of a device that has its key already");
  request->excludes(key);
  issue->add_option("--days", arguments->device.days, "Life of the certificate")->capture_default_str();
  issue->callback([arguments, &chosen] {
    chosen = [arguments]() -> Result<void> {
      if (arguments->device.key.empty() && arguments->device.request.empty()) {
        return fail(ErrorKind::kUsage, "say --key, the file of a new key, or --request");
      }
      return issue_device(arguments->folder, arguments->device);
    };
  });
}

}  // namespace

void add_ca_command(CLI::App& app, Action& chosen) {
  CLI::App* const ca = app.add_subcommand("ca", "Make certificate authorities and device certificates");
  ca->require_subcommand(1);
  add_init(*ca, chosen);
  add_issue(*ca, chosen);
}

}  // namespace skiff::server
