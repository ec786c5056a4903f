#include "agent/net/wire_count.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace skiff::agent {
namespace {

std::uint64_t carried_by(int socket) {
  struct tcp_info info = {};
  socklen_t length = sizeof(info);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return 0;
  return info.tcpi_bytes_received + info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
}

}  // namespace

void WireCount::closing(int socket) {
  if (open_.erase(socket) > 0) closed_ += carried_by(socket);
}

std::uint64_t WireCount::total() const {
  std::uint64_t sum = closed_;
  for (const int socket : open_) sum += carried_by(socket);
  return sum;
}

}  // namespace skiff::agent
