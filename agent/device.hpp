// Device: the real parts of one device put together as its configuration says.
#pragma once

#include <memory>
#include <optional>

#include "agent/config.hpp"
#include "agent/machine/machine.hpp"
#include "agent/net/http_client.hpp"
#include "agent/net/poll_memory.hpp"
#include "agent/system/os.hpp"

namespace skiff::agent {

/// The claim on the state folder: one agent at a time. If another has it, kUsage with rule kBusyRule.
inline constexpr std::string_view kBusyRule = "busy";
Result<Descriptor> lock_state(const Config& config);

/// What outlives a device: the clock, and what is left to the next poll.
struct DeviceWorld {
  Clock& clock;
  PollMemory& memory;
  std::filesystem::path folder{};  ///< in the server's place, see FolderServer; empty: the server
};

/// A number that is this device's own: of its certificate.
std::uint64_t device_seed(const Config& config);

class Device {
 public:
  /// Opens everything and takes up the state. Nothing is fetched yet. The configuration outlives it.
  static Result<std::unique_ptr<Device>> open(const Config& config, std::optional<Slot> told,
                                              const DeviceWorld& world);

  [[nodiscard]] Machine& machine() { return *machine_; }
  [[nodiscard]] Slot running() const { return running_; }

 private:
  struct Parts {
    Descriptor lock;
    std::unique_ptr<Storage> storage;
    std::optional<HttpClient> client;  ///< none where a folder is in the server's place
    LinkAccount account;
  };
  Device(Parts parts, const Config& config, const DeviceWorld& world);
  [[nodiscard]] MachineOptions machine_options(const Config& config) const;
  std::unique_ptr<UpdateServer> open_server(const Config& config, const DeviceWorld& world);

  Descriptor lock_;
  std::unique_ptr<Storage> storage_;
  std::optional<HttpClient> client_;
  std::unique_ptr<UpdateServer> direct_;
  LinkPolicy policy_;  ///< of the link; a folder needs none
  LinkAccount account_;
  GatedServer server_;
  Slot running_ = Slot::kA;
  std::unique_ptr<BootControl> boot_;
  std::unique_ptr<Checks> checks_;
  std::optional<Machine> machine_;
};

}  // namespace skiff::agent
