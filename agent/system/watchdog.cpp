#include "agent/system/watchdog.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "agent/system/os.hpp"

namespace skiff::agent {
namespace {

constexpr std::string_view kAlive = "WATCHDOG=1";

}  // namespace

void tell_alive() {
  const char* const told = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = told == nullptr ? "" : told;
  sockaddr_un address = {};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // Nobody is told whether it was heard: a service manager that is gone watches no more.
  if (socket.valid()) {
    (void)::sendto(socket.get(), kAlive.data(), kAlive.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address), length);
  }
}

}  // namespace skiff::agent
