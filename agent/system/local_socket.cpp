#include "agent/system/local_socket.hpp"

#include <algorithm>
#include <cstddef>

namespace skiff::agent {

Result<LocalAddress> LocalAddress::of(const std::filesystem::path& path) {
  const std::string& name = path.native();
  LocalAddress address;
  if (name.empty() || name.size() >= sizeof(address.address_.sun_path)) {
    return fail(ErrorKind::kUsage, "no socket can be at '" + name + "'");
  }
  address.address_.sun_family = AF_UNIX;
  std::ranges::copy(name, address.address_.sun_path);
  if (name.front() == '@') address.address_.sun_path[0] = '\0';
  address.length_ = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + name.size());
  return address;
}

}  // namespace skiff::agent
