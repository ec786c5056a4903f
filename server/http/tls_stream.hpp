// TlsStream: the server's side of TLS on a socket, with no buffer between OpenSSL and the kernel.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "skiff/io.hpp"

namespace skiff::server {

/// An idle connection costs what OpenSSL keeps of it and no buffer. One operation at a time, on the socket's
/// strand; what is given to an operation lives until that has ended. Disconnects are values.
class TlsStream {
 public:
  using Error = boost::system::error_code;
  template <typename T>
  using Awaitable = boost::asio::awaitable<tl::expected<T, Error>>;

  /// `context` outlives the stream. Writes to sockets that the other side has closed must not raise SIGPIPE.
  TlsStream(boost::asio::ip::tcp::socket socket, SSL_CTX* context);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Operations end with timed_out where they have not until then.
  void expires_at(std::chrono::steady_clock::time_point time) { deadline_ = time; }
  void expires_after(std::chrono::milliseconds time) { expires_at(std::chrono::steady_clock::now() + time); }

  Awaitable<std::size_t> handshake();
  /// At least one byte; how many. The other side's end is eof.
  Awaitable<std::size_t> read_some(MutableBytes out);
  Awaitable<std::size_t> read_all(MutableBytes out);
  /// All of it. What timed out goes on where it was when it is called again with the same bytes; nothing else
  /// can be written before.
  Awaitable<std::size_t> write(ByteView bytes);
  /// Says goodbye, and waits for the other side to do so.
  Awaitable<std::size_t> shutdown();
  /// Ends the connection at once: nothing that the kernel still holds is sent, and operations fail from now
  /// on.
  void abort();

  [[nodiscard]] SSL* native_handle() const { return ssl_.get(); }
  [[nodiscard]] const boost::asio::ip::tcp::socket& socket() const { return socket_; }

 private:
  template <typename Operation>
  Awaitable<std::size_t> run(Operation operation);
  boost::asio::awaitable<Error> wait(boost::asio::ip::tcp::socket::wait_type type);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_;
  std::unique_ptr<SSL, decltype(&::SSL_free)> ssl_;
};

}  // namespace skiff::server
