#include "agent/system/posix_clock.hpp"

#include <signal.h>
#include <time.h>

namespace skiff::agent {
namespace {

std::int64_t seconds_of(clockid_t clock) {
  struct timespec now = {};
  ::clock_gettime(clock, &now);
  return now.tv_sec;
}

sigset_t ending_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

PosixClock::PosixClock() {
  const sigset_t signals = ending_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
}

std::int64_t PosixClock::wall() const { return seconds_of(CLOCK_REALTIME); }

std::uint64_t PosixClock::uptime() const { return static_cast<std::uint64_t>(seconds_of(CLOCK_BOOTTIME)); }

bool PosixClock::pause(std::chrono::milliseconds duration) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
  const struct timespec wait = {whole.count(), (duration - whole).count() * 1'000'000};
  const sigset_t signals = ending_signals();
  ending_ = ending_ || ::sigtimedwait(&signals, nullptr, &wait) > 0;
  return !ending_;
}

}  // namespace skiff::agent
