#include "http/tls_stream.hpp"

#include <openssl/err.h>

#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace skiff::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// What went wrong, where SSL_get_error says `kind` and nothing is to be waited for.
boost::system::error_code error_of(int kind) {
  if (kind == SSL_ERROR_ZERO_RETURN) return asio::error::eof;
  const unsigned long code = ::ERR_get_error();
  if (code != 0) return {static_cast<int>(code), asio::error::get_ssl_category()};
  return errno != 0 ? boost::system::error_code(errno, boost::system::system_category()) : asio::error::eof;
}

}  // namespace

TlsStream::TlsStream(tcp::socket socket, SSL_CTX* context)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), ssl_(::SSL_new(context), ::SSL_free) {
  Error ignored;
  socket_.native_non_blocking(true, ignored);
  if (ssl_ != nullptr) ::SSL_set_fd(ssl_.get(), socket_.native_handle());
}

/// `operation(SSL*, count)` is an SSL_* function that is called again as soon as it can go on.
template <typename Operation>
TlsStream::Awaitable<std::size_t> TlsStream::run(Operation operation) {
  for (;;) {
    if (ssl_ == nullptr) co_return tl::unexpected<Error>(asio::error::no_memory);
    // The number of a socket that was closed may be that of another one by now, and OpenSSL has only that.
    if (!socket_.is_open()) co_return tl::unexpected<Error>(asio::error::bad_descriptor);
    ::ERR_clear_error();
    errno = 0;
    std::size_t count = 0;
    const int result = operation(ssl_.get(), count);
    if (result > 0) co_return count;
    const int kind = ::SSL_get_error(ssl_.get(), result);
    if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
      co_return tl::unexpected<Error>(error_of(kind));
    }
    const auto type = kind == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
    const Error error = co_await wait(type);
    if (error) co_return tl::unexpected<Error>(error);
  }
}

asio::awaitable<TlsStream::Error> TlsStream::wait(tcp::socket::wait_type type) {
  timer_.expires_at(deadline_);
  auto either = asio::experimental::make_parallel_group(socket_.async_wait(type, asio::deferred),
                                                        timer_.async_wait(asio::deferred));
  const auto [order, ready, elapsed] =
      co_await either.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  co_return order[0] == 0 ? ready : Error(asio::error::timed_out);
}

TlsStream::Awaitable<std::size_t> TlsStream::handshake() {
  return run([](SSL* ssl, std::size_t&) { return ::SSL_accept(ssl); });
}

TlsStream::Awaitable<std::size_t> TlsStream::read_some(MutableBytes out) {
  return run(
      [out](SSL* ssl, std::size_t& count) { return ::SSL_read_ex(ssl, out.data(), out.size(), &count); });
}

TlsStream::Awaitable<std::size_t> TlsStream::read_all(MutableBytes out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const auto count = co_await read_some(out.subspan(filled));
    if (!count) co_return count;
    filled += *count;
  }
  co_return filled;
}

TlsStream::Awaitable<std::size_t> TlsStream::write(ByteView bytes) {
  return run([bytes](SSL* ssl, std::size_t& count) {
    return ::SSL_write_ex(ssl, bytes.data(), bytes.size(), &count);
  });
}

TlsStream::Awaitable<std::size_t> TlsStream::shutdown() {
  return run([](SSL* ssl, std::size_t&) {
    const int said = ::SSL_shutdown(ssl);
    return said == 0 ? ::SSL_shutdown(ssl) : said;  // 0: ours is sent, theirs has not come
  });
}

void TlsStream::abort() {
  Error ignored;
  socket_.set_option(tcp::socket::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace skiff::server
