#include "agent/system/posix_clock.hpp"

#include <signal.h>
#include <time.h>

#include <algorithm>

#include "agent/system/notify.hpp"

namespace skiff::agent {
namespace {

constexpr std::chrono::seconds kLongestWait{600};  // without a word to the service manager

static_assert(sizeof(time_t) == sizeof(std::int64_t), "devices run on after 2038");

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
  const sigset_t signals = ending_signals();
  while (!ending_ && duration.count() > 0) {
    tick();
    const auto part = std::min<std::chrono::milliseconds>(duration, kLongestWait);
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(part);
    const std::chrono::nanoseconds rest = part - whole;
    const struct timespec wait = {whole.count(), static_cast<long>(rest.count())};
    ending_ = ::sigtimedwait(&signals, nullptr, &wait) > 0;
    duration -= part;
  }
  return !ending_;
}

void PosixClock::tick() {
  const std::uint64_t now = uptime();
  if (now == ticked_) return;
  ticked_ = now;
  tell_alive();
}

}  // namespace skiff::agent
