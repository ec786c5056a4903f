#include "http/tls_stream.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "http/tls.hpp"
#include "tests/server/fleet_files.hpp"

namespace skiff::server::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Shakes hands, ends the connection, gives the number of its socket to `other`, and says goodbye all the
/// same.
asio::awaitable<bool> say_goodbye_after_abort(TlsStream& stream, int other) {
  stream.expires_after(std::chrono::seconds(10));
  const auto shaken = co_await stream.handshake();
  if (!shaken) co_return false;
  const int number = ::SSL_get_fd(stream.native_handle());
  stream.abort();
  if (::dup2(other, number) != number) co_return false;
  const auto said = co_await stream.shutdown();
  ::close(number);
  co_return !said.has_value();
}

TEST(TlsStream, WritesNothingOnceItIsAborted) {
  const FleetFiles fleet;
  const auto context = make_tls_context(fleet.server(), 1).value();
  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  std::thread device([&, port = acceptor.local_endpoint().port()] {
    TlsClient client(port, fleet.device("d1"));
    EXPECT_TRUE(client.is_cut_within(std::chrono::seconds(10)));
  });
  TlsStream stream(acceptor.accept(), context->native_handle());
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
  auto done = asio::co_spawn(io, say_goodbye_after_abort(stream, pair[0]), asio::use_future);
  io.run();
  device.join();
  EXPECT_TRUE(done.get());
  char byte = 0;
  EXPECT_EQ(::recv(pair[1], &byte, 1, MSG_DONTWAIT), -1);
  for (const int end : pair) ::close(end);
}

}  // namespace
}  // namespace skiff::server::test
