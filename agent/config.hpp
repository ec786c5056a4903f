// Config: the agent's configuration file, read strictly; agent/README.md describes its members.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/boot/boot_settings.hpp"
#include "agent/policy/link_policy.hpp"
#include "skiff/bytes.hpp"

namespace skiff::agent {

/// Who opens slots, sets the boot state and reboots, where the agent itself may not.
struct WardenSettings {
  std::filesystem::path socket;  ///< empty: there is none, and the agent does it all
  std::string user;              ///< the account that the agent is, and the only one that the warden obeys
  std::filesystem::path root;    ///< the first root.json that the warden trusts
  std::filesystem::path state;   ///< folder of what the warden keeps; on neither slot
  std::uint64_t counter = 0;     ///< of the release that the device was made with: none below it is permitted
  [[nodiscard]] bool any() const { return !socket.empty(); }
};

struct Config {
  std::string server;  ///< "https://host:port"
  std::filesystem::path ca;
  std::filesystem::path certificate;
  std::string key;  ///< see open_client_key()
  std::string proxy;
  std::string hardware;
  std::array<std::filesystem::path, 2> slots;
  std::filesystem::path state_dir;
  std::filesystem::path checks_dir;
  std::string checks_user;
  BootSettings boot;
  WardenSettings warden;
  LinkPolicy link;
  std::uint64_t tries = 3;
  std::uint64_t decoder_memory = std::uint64_t{8} << 20;  ///< bytes
  std::uint64_t decoder_threads = 2;                      ///< at most as many as there are processors
  std::uint64_t poll_interval = 1'800;                    ///< seconds, where the server says nothing
  std::uint64_t trial_deadline = 86'400;                  ///< seconds
  std::uint64_t stall_timeout = 30;                       ///< seconds, see HttpOptions
  std::vector<std::string> reboot_command;                ///< of `run`; empty: it ends instead

  [[nodiscard]] std::filesystem::path metadata_dir() const { return state_dir / "metadata"; }
  [[nodiscard]] std::filesystem::path boot_state() const {
    return boot.state.empty() ? state_dir / "boot" : boot.state;
  }
};

/// A JSON object; kFormat where a member is absent, odd or not one of the known, and it is named.
Result<Config> parse_config(ByteView text);
Result<Config> read_config(const std::filesystem::path& path);

}  // namespace skiff::agent
