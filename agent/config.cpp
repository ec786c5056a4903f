#include "agent/config.hpp"

#include <algorithm>

#include "skiff/io.hpp"
#include "skiff/json.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kMaxLength = 65'536;
constexpr std::uint64_t kMaxTries = 100;
constexpr std::uint64_t kMaxThreads = 256;
constexpr std::uint64_t kMaxStall = 3'600;

constexpr auto kMembers = std::to_array<std::string_view>({"server",         "ca",
                                                           "certificate",    "key",
                                                           "proxy",          "hardware",
                                                           "slots",          "state_dir",
                                                           "checks_dir",     "checks_user",
                                                           "boot",           "warden",
                                                           "link",           "tries",
                                                           "decoder_memory", "decoder_threads",
                                                           "poll_interval",  "trial_deadline",
                                                           "stall_timeout",  "reboot_command"});

tl::unexpected<Error> odd(std::string_view key, std::string_view why) {
  return fail(ErrorKind::kFormat, "config: " + std::string(key) + " " + std::string(why));
}

Result<void> refuse_unknown(const Json& json) {
  if (json.object() == nullptr) return fail(ErrorKind::kFormat, "config: not a JSON object");
  for (const auto& [key, value] : *json.object()) {
    if (std::find(kMembers.begin(), kMembers.end(), key) == kMembers.end()) return odd(key, "is unknown");
  }
  return {};
}

template <typename Text>
Result<void> optional_text(const Json& json, std::string_view key, Text& text) {
  if (json.find(key) == nullptr) return {};
  SKIFF_ASSIGN(text, string_member(json, key));
  return {};
}

Result<void> optional_number(const Json& json, std::string_view key, std::uint64_t& number) {
  if (json.find(key) == nullptr) return {};
  SKIFF_ASSIGN(number, unsigned_member(json, key));
  return number == 0 ? Result<void>(odd(key, "is 0")) : Result<void>{};
}

Result<void> read_link(const Json& json, Config& config) {
  SKIFF_ASSIGN(config.server, string_member(json, "server"));
  while (config.server.ends_with('/')) config.server.pop_back();
  SKIFF_ASSIGN(config.ca, string_member(json, "ca"));
  SKIFF_ASSIGN(config.certificate, string_member(json, "certificate"));
  SKIFF_ASSIGN(config.key, string_member(json, "key"));
  return optional_text(json, "proxy", config.proxy);
}

Result<void> read_device(const Json& json, Config& config) {
  SKIFF_ASSIGN(config.hardware, string_member(json, "hardware"));
  SKIFF_ASSIGN(config.state_dir, string_member(json, "state_dir"));
  SKIFF_ASSIGN(const Json* slots, object_member(json, "slots"));
  SKIFF_ASSIGN(config.slots[0], string_member(*slots, "a"));
  SKIFF_ASSIGN(config.slots[1], string_member(*slots, "b"));
  if (config.slots[0] == config.slots[1]) return odd("slots", "are the same");
  SKIFF_TRY(optional_text(json, "checks_dir", config.checks_dir));
  return optional_text(json, "checks_user", config.checks_user);
}

Result<void> read_boot(const Json& json, Config& config) {
  if (json.find("boot") == nullptr) return {};
  SKIFF_ASSIGN(const Json* boot, object_member(json, "boot"));
  SKIFF_ASSIGN(config.boot, parse_boot_settings(*boot));
  return {};
}

/// What the agent may write decides nothing that the warden does: not its slots, and not who its checks run
/// as.
Result<void> read_warden(const Json& json, Config& config) {
  if (json.find("warden") == nullptr) return {};
  SKIFF_ASSIGN(const Json* warden, object_member(json, "warden"));
  SKIFF_ASSIGN(config.warden.socket, string_member(*warden, "socket"));
  SKIFF_ASSIGN(config.warden.user, string_member(*warden, "user"));
  SKIFF_ASSIGN(config.warden.root, string_member(*warden, "root"));
  SKIFF_ASSIGN(config.warden.state, string_member(*warden, "state"));
  SKIFF_TRY(optional_number(*warden, "counter", config.warden.counter));
  if (config.warden.socket.empty()) return odd("warden.socket", "is empty");
  if (config.warden.user.empty()) return odd("warden.user", "is empty");
  if (!config.checks_user.empty()) return odd("checks_user", "is for an agent that is root, without warden");
  if (config.boot.kind == BootKind::kFile && config.boot.state.empty()) {
    return odd("boot.state", "is absent: with a warden it must not be in state_dir, which is the agent's");
  }
  return {};
}

Result<void> read_link_policy(const Json& json, Config& config) {
  if (json.find("link") == nullptr) return {};
  SKIFF_ASSIGN(const Json* link, object_member(json, "link"));
  SKIFF_ASSIGN(config.link, parse_link_policy(*link));
  return {};
}

Result<void> read_policy(const Json& json, Config& config) {
  SKIFF_TRY(optional_number(json, "tries", config.tries));
  if (config.tries > kMaxTries) return odd("tries", "is more than " + std::to_string(kMaxTries));
  SKIFF_TRY(optional_number(json, "decoder_memory", config.decoder_memory));
  SKIFF_TRY(optional_number(json, "decoder_threads", config.decoder_threads));
  if (config.decoder_threads > kMaxThreads)
    return odd("decoder_threads", "is more than " + std::to_string(kMaxThreads));
  SKIFF_TRY(optional_number(json, "poll_interval", config.poll_interval));
  SKIFF_TRY(optional_number(json, "trial_deadline", config.trial_deadline));
  SKIFF_TRY(optional_number(json, "stall_timeout", config.stall_timeout));
  if (config.stall_timeout > kMaxStall)
    return odd("stall_timeout", "is more than " + std::to_string(kMaxStall));
  if (json.find("reboot_command") == nullptr) return {};
  SKIFF_ASSIGN(const Json* command, array_member(json, "reboot_command"));
  for (const Json& word : *command->array()) {
    if (word.string() == nullptr) return odd("reboot_command", "has a word that is no string");
    config.reboot_command.push_back(*word.string());
  }
  return {};
}

}  // namespace

Result<Config> parse_config(ByteView text) {
  const Result<Json> json = parse_json(text);
  if (!json) return fail_with(json.error(), "config");
  SKIFF_TRY(refuse_unknown(*json));
  Config config;
  SKIFF_TRY(read_link(*json, config));
  SKIFF_TRY(read_device(*json, config));
  SKIFF_TRY(read_boot(*json, config));
  SKIFF_TRY(read_warden(*json, config));
  SKIFF_TRY(read_link_policy(*json, config));
  SKIFF_TRY(read_policy(*json, config));
  return config;
}

Result<Config> read_config(const std::filesystem::path& path) {
  SKIFF_ASSIGN(const Bytes text, read_file(path, kMaxLength));
  return parse_config(text);
}

}  // namespace skiff::agent
