// Rollout: the rules by which a deployment reaches its devices. Pure functions of what is known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::server {

/// How many of a group a phase reaches: the first `amount` that ask, or so many in a hundred, by a hash of
/// the serial: a later phase has the devices of every earlier one.
struct Phase {
  std::uint64_t amount = 100;
  bool is_percent = true;
  bool operator==(const Phase&) const = default;
};
/// "5 10% 100%": the last has to be 100%. kUsage.
Result<std::vector<Phase>> parse_phases(std::string_view text);
std::string to_string(const std::vector<Phase>& phases);

/// A time of every day, UTC; a length of 0 seconds is all day.
struct Window {
  std::int64_t opens = 0;   ///< seconds after midnight
  std::int64_t length = 0;  ///< seconds
  bool operator==(const Window&) const = default;
};
/// "22:00-04:00"; empty: all day. kUsage.
Result<Window> parse_window(std::string_view text);
std::string to_string(const Window& window);

enum class DeploymentState : std::uint8_t { kRunning, kPaused, kFinished, kAborted };
std::string_view to_string(DeploymentState state);
DeploymentState parse_deployment_state(std::string_view text);  ///< what is not known is kAborted

/// What an operator asks for.
struct DeploymentOrder {
  std::string release;       ///< target name
  std::string group;         ///< empty: every device of the release's hardware
  std::string filter{};      ///< of these the devices that match (DeviceFilter); empty: all of them
  std::string created_by{};  ///< who may not approve it
  std::vector<Phase> phases{Phase{}};
  std::int64_t priority = 0;  ///< of deployments of one release: the higher one decides
  std::int64_t begins = 0;    ///< seconds since 1970 UTC
  Window window;
  std::int64_t spread = 0;            ///< seconds after the begin or the opening over which devices start
  std::int64_t success_percent = 90;  ///< of a phase's devices that must have committed before the next
  std::int64_t failure_percent = 10;  ///< of those that ended: more pause the deployment
  std::int64_t attempts = 1;          ///< starts that one device has
  bool allow_full = false;            ///< a full image may go over metered links, too
  std::int64_t retry_after = 0;  ///< seconds that a device waits after its first failure, see retry_delay()
  std::int64_t deadline =
      0;  ///< seconds without a word after which a started device counts as failed; 0: none
};

struct Deployment {
  std::int64_t id = 0;
  DeploymentOrder order;
  std::uint64_t phase = 0;  ///< index
  DeploymentState state = DeploymentState::kRunning;
  std::string reason;  ///< why it is in this state, for people
  std::int64_t created = 0;
  std::uint64_t started = 0;    ///< devices that were told to fetch
  std::uint64_t committed = 0;  ///< of these, by their last report
  std::uint64_t failed = 0;
};

/// How far one device is in one deployment.
struct DeviceProgress {
  /// kSilent: started, and not heard of since for too long; it counts as failed until it is heard of.
  enum class State : std::uint8_t { kNone, kStarted, kCommitted, kFailed, kSilent };
  State state = State::kNone;
  std::int64_t attempts = 0;
  std::int64_t changed = 0;  ///< seconds since 1970 UTC: since when it is in this state
};
/// Seconds that a device waits for its next start after so many failures in a deployment: `retry_after`,
/// doubled with each failure after the first, at most a day.
std::int64_t retry_delay(std::int64_t retry_after, std::int64_t failures);
/// Whether the device was told to fetch and has not reported the outcome.
bool is_under_way(const DeviceProgress& progress);
std::string_view to_string(DeviceProgress::State state);
DeviceProgress::State parse_progress(std::string_view text);

/// Whether a member of the group may fetch now.
struct Verdict {
  bool go = false;
  std::string reason;  ///< why not
  std::optional<std::int64_t>
      ask_again{};  ///< when that may be otherwise, if time alone decides; seconds since 1970
};
Verdict judge(const Deployment& deployment, const DeviceProgress& progress, const std::string& serial,
              std::int64_t now);

/// Whether percent phase `phase` reaches this device.
bool reaches(const Phase& phase, std::int64_t deployment, const std::string& serial);

/// Whether a deployment has failed too often to go on. Fewer than 20 devices count as 20: one failure of the
/// first device is no statistic, and three of the first three are.
bool fails_too_often(const Deployment& deployment);

/// Whether the phase has succeeded: so many devices have committed, in this phase or before, as are asked for
/// of the `size` that it reaches.
bool is_phase_done(const Deployment& deployment, std::uint64_t size);

}  // namespace skiff::server
