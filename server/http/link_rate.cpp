#include "http/link_rate.hpp"

// Not with a header that has <netinet/tcp.h>, which knows a part of tcp_info.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace skiff::server {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;  // microseconds

}  // namespace

std::uint64_t link_rate(int socket) {
  struct tcp_info info = {};
  socklen_t length = sizeof(info);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return 0;
  return info.tcpi_busy_time == 0 ? 0 : info.tcpi_bytes_acked * kSecond / info.tcpi_busy_time;
}

}  // namespace skiff::server
