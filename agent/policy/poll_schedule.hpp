// PollSchedule: when a device speaks to its server, so that a fleet comes evenly whatever happened to it.
#pragma once

#include <chrono>
#include <cstdint>

#include "agent/net/backoff.hpp"

namespace skiff::agent {

/// How a visit to the server ended, as far as the next one depends on it.
struct Visit {
  enum class End : std::uint8_t {
    kDone,   ///< answered
    kHeld,   ///< the device's own policy is in the way
    kLater,  ///< not answered, or asked to come again
  };
  End end = End::kDone;
  std::chrono::seconds asked{0};  ///< by the server or the policy; 0: nothing said
  bool under_way = false;         ///< an update waits for it
  unsigned failures = 0;          ///< visits in a row that ended kLater with nothing asked
};

/// A device that has nothing under way comes at its own moment of each interval: `seed` modulo the interval,
/// in its time since boot. Backoff and what the server asks only say which moment is the earliest; so after
/// an outage, of whatever length, no more devices come in a minute than in any other, and devices that lost
/// their power together come back spread.
struct PollSchedule {
  std::chrono::seconds interval{1'800};
  std::uint64_t seed = 0;
  Backoff backoff{};

  /// Before the first visit, where nothing is under way.
  [[nodiscard]] std::chrono::milliseconds first(std::uint64_t uptime) const {
    return to_moment(uptime, std::chrono::milliseconds(0), interval);
  }
  [[nodiscard]] std::chrono::milliseconds next(const Visit& visit, std::uint64_t uptime,
                                               std::uint64_t random) const;

 private:
  /// From now to the device's first moment that is at least `earliest` away.
  [[nodiscard]] std::chrono::milliseconds to_moment(std::uint64_t uptime, std::chrono::milliseconds earliest,
                                                    std::chrono::milliseconds period) const;
};

}  // namespace skiff::agent
