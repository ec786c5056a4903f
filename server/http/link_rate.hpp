// How fast a TCP connection is, as the kernel saw it.
#pragma once

#include <cstdint>

namespace skiff::server {

/// Bytes a second that the other side acknowledged while there was something to send (tcpi_bytes_acked and
/// tcpi_busy_time, linux/tcp.h); 0 where there was nothing yet, and for what is no TCP socket. Of the whole
/// connection: tcpi_delivery_rate takes what is acknowledged at once after an outage for a fast link.
std::uint64_t link_rate(int socket);

}  // namespace skiff::server
