// WireCount: bytes that a set of TCP sockets carried, from the kernel's own counters.
#pragma once

#include <cstdint>
#include <set>

namespace skiff::agent {

/// tcpi_bytes_received, and tcpi_bytes_sent less tcpi_bytes_retrans (linux/tcp.h). A FIN may count as one
/// byte.
class WireCount {
 public:
  void opened(int socket) { open_.insert(socket); }
  /// The last look at a socket that is closed next.
  void closing(int socket);
  [[nodiscard]] std::uint64_t total() const;

 private:
  std::uint64_t closed_ = 0;
  std::set<int> open_;
};

}  // namespace skiff::agent
