#include "agent/system/notify.hpp"

#include <sys/socket.h>

#include <cstdlib>
#include <string_view>

#include "agent/system/local_socket.hpp"
#include "agent/system/os.hpp"

namespace skiff::agent {
namespace {

void tell(std::string_view word) {
  const char* const told = std::getenv("NOTIFY_SOCKET");
  const auto address = LocalAddress::of(told == nullptr ? "" : told);
  if (!address) return;
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // Nobody is told whether it was heard: a service manager that is gone watches no more.
  if (socket.valid()) {
    (void)::sendto(socket.get(), word.data(), word.size(), MSG_NOSIGNAL, address->get(), address->length());
  }
}

}  // namespace

void tell_alive() { tell("WATCHDOG=1"); }

void tell_ready() { tell("READY=1"); }

}  // namespace skiff::agent
