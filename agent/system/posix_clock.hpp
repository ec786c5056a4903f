// PosixClock: the system's clocks, with waits that end early on SIGTERM and SIGINT.
#pragma once

#include "agent/system/clock.hpp"

namespace skiff::agent {

/// Blocks SIGTERM and SIGINT for the process while it lives, and waits for them in pause(). One at a time.
class PosixClock final : public Clock {
 public:
  PosixClock();
  [[nodiscard]] std::int64_t wall() const override;
  [[nodiscard]] std::uint64_t uptime() const override;
  bool pause(std::chrono::milliseconds duration) override;
  void tick() override;  ///< tells the service manager, at most once a second

 private:
  bool ending_ = false;
  std::uint64_t ticked_ = 0;  ///< uptime
};

}  // namespace skiff::agent
