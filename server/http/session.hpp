// A session: one connection from the TLS handshake to its end, as one coroutine on one strand.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "http/connection_limit.hpp"
#include "http/server.hpp"

namespace skiff::server {

/// Bytes the kernel holds unsent at most (TCP_NOTSENT_LOWAT): without this bound megabytes could wait there,
/// and a thin link would seem dead for minutes while they drain.
inline constexpr std::size_t kUnsentInKernel = 64 << 10;

/// What all sessions share; outlives them.
struct SessionContext {
  boost::asio::ssl::context& tls;
  boost::asio::thread_pool& blocking;
  const HttpService& service;
  const HttpLimits& limits;
  std::atomic<std::size_t>& polls;  ///< under way, see HttpLimits::polls
};

/// Serves requests until either side ends the connection or a deadline passes. The socket's executor must be
/// a strand. Holds `permit` as long as it runs.
boost::asio::awaitable<void> run_session(boost::asio::ip::tcp::socket socket, const SessionContext& context,
                                         std::unique_ptr<ConnectionLimit::Permit> permit);

}  // namespace skiff::server
