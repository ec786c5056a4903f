#include "agent/policy/poll_schedule.hpp"

#include <algorithm>

namespace skiff::agent {

using std::chrono::milliseconds;

milliseconds PollSchedule::to_moment(std::uint64_t uptime, milliseconds earliest, milliseconds period) const {
  const auto length = static_cast<std::uint64_t>(period.count());
  const std::uint64_t from = uptime * 1'000 + static_cast<std::uint64_t>(earliest.count());
  const std::uint64_t rest = (seed % length + length - from % length) % length;
  return earliest + milliseconds(rest);
}

milliseconds PollSchedule::next(const Visit& visit, std::uint64_t uptime, std::uint64_t random) const {
  const milliseconds asked = std::min<milliseconds>(visit.asked, std::chrono::hours(24));
  const milliseconds period = asked.count() > 0 ? asked : milliseconds(interval);
  switch (visit.end) {
    case Visit::End::kDone:
      // Half of it, because a visit that an update or a start put between two moments shifts none.
      return to_moment(uptime, period / 2, period);
    case Visit::End::kHeld: {
      const milliseconds poll = to_moment(uptime, milliseconds(interval) / 2, interval);
      return asked.count() > 0 ? std::min(asked, poll) : poll;
    }
    case Visit::End::kLater:
      break;
  }
  const milliseconds pause = visit.failures > 0 ? backoff.delay(visit.failures - 1, random) : milliseconds(0);
  if (visit.under_way && asked.count() == 0) return pause;
  return to_moment(uptime, std::max(asked, pause), period);
}

}  // namespace skiff::agent
