// Machine: drives an update through the states: one idempotent action a state, journaled before it shows.
#pragma once

#include <array>

#include "agent/boot/boot_control.hpp"
#include "agent/health/checks.hpp"
#include "agent/install/installer.hpp"
#include "agent/machine/state_store.hpp"
#include "agent/net/gated_server.hpp"
#include "agent/report/report.hpp"
#include "agent/system/clock.hpp"

namespace skiff::agent {

/// What the decoder can open and pack again.
using AskRepackers = std::function<Result<RepackerVersions>()>;
/// Has a release permitted, by its target name, by whoever arms slots.
using AskPermit = std::function<Result<void>(const std::string& release)>;

struct MachineDeps {
  Storage& storage;
  BootControl& boot;
  UpdateServer& server;
  Checks& checks;
  Clock& clock;
  StartDecoder start_decoder;
  AskRepackers repackers;
  AskPermit ask_permit{};  ///< empty: this process arms slots itself
};

struct MachineOptions {
  std::string hardware;
  std::array<std::filesystem::path, 2> slots;
  std::filesystem::path state_dir;
  Slot running = Slot::kA;  ///< the slot this program was booted from
  std::uint32_t tries = 3;
  std::uint64_t trial_deadline = 86'400;  ///< seconds
  InstallLimits limits;
  Windows install;         ///< when a new slot may be armed and booted
  std::uint64_t seed = 0;  ///< the device's own, see PollSchedule
};

/// Why the machine stands still, and for how many seconds it is worth while (0: the caller decides).
struct Outcome {
  enum class Stop : std::uint8_t {
    kIdle,     ///< nothing to do, or an update is over
    kReboot,   ///< the other slot has to be booted
    kLater,    ///< something outside was not ready: the server, the link, a check
    kHeld,     ///< the device's own policy is against it for now
    kRefused,  ///< the plan is not what signed metadata allows, or no longer may be tried
  };
  Stop stop = Stop::kIdle;
  std::uint64_t delay = 0;
  bool under_way = false;  ///< the journal has an update
};

class Machine {
 public:
  /// Reads the state, and looks what the boot loader did meanwhile. An unreadable journal: the running slot
  /// is the truth and the other one dirty; an unreadable identity: the running slot is hashed.
  static Result<Machine> open(MachineDeps deps, MachineOptions options);

  /// Takes steps until there is nothing more to do now. An error is a fault of the device itself (storage,
  /// boot control): the same step is taken again by the next call.
  Result<Outcome> run();

  [[nodiscard]] const UpdateRecord& record() const { return record_; }
  [[nodiscard]] const Identity& identity() const { return identity_; }

  /// An image that failed this often is not tried again.
  static constexpr std::uint64_t kMaxFailures = 3;

 private:
  /// What an action comes to: an event, or a stop, or both.
  struct Step {
    std::optional<Event> event;
    std::optional<Outcome> stop;
  };

  Machine(MachineDeps deps, MachineOptions options, StateStore store);
  Result<void> take_up();
  Result<void> learn_identity();
  Result<void> move(Event event);
  Result<void> save();
  void count();

  Result<Step> act();
  Result<Step> check();
  Result<Step> judge(const Plan& plan);
  Result<Step> prepare();
  Result<Step> apply();
  Result<Step> verify();
  Result<Step> decide_arming();
  Result<Step> arm();
  Result<Step> begin_trial();
  Result<Step> run_checks();
  Result<Step> contact();
  Result<Step> settle_commit();
  Result<Step> settle_failure();
  Result<Step> roll_back();
  Result<Step> finish();

  /// Of an update under way that the device's own policy holds back: the reason goes into the journal.
  Result<Step> held(std::string reason);
  Step failed(Event event, std::string reason);
  Result<Step> trial_later(std::string reason);
  Result<Step> queue_report();
  Result<void> count_failure();
  void send_reports();
  Result<Plan> check_in(const ImageId& image, const std::string& version, State state);
  [[nodiscard]] DeviceFacts facts(const ImageId& image) const;
  [[nodiscard]] std::int64_t now() const;
  [[nodiscard]] const std::filesystem::path& slot_path(Slot slot) const {
    return options_.slots[static_cast<std::size_t>(slot)];
  }

  Result<void> remove_scratch();
  /// Kept until the update is over: the journal may have to go through the same steps again.
  [[nodiscard]] std::filesystem::path stash_file() const { return options_.state_dir / "delta"; }
  [[nodiscard]] std::filesystem::path begun_file() const { return options_.state_dir / "delta-segment"; }
  [[nodiscard]] std::filesystem::path mended_file() const { return options_.state_dir / "base-blocks"; }

  MachineDeps deps_;
  MachineOptions options_;
  StateStore store_;
  ReportQueue reports_;
  UpdateRecord record_;
  Identity identity_;
  std::optional<Installation> installation_;  ///< the permission, asked for anew by each process
  Traffic counted_;                           ///< what of the server's traffic is in the record
  std::uint64_t counted_uptime_ = 0;
  std::uint64_t poll_after_ = 0;
};

}  // namespace skiff::agent
