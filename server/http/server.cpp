#include "http/server.hpp"

#include <netinet/tcp.h>
#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <thread>
#include <vector>

#include "event_log.hpp"
#include "http/session.hpp"
#include "http/tls.hpp"

namespace skiff::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // after a failed accept, as when out of files

/// One connection takes one file descriptor and a download one more.
void raise_file_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// OpenSSL writes to sockets by itself: that the other side is gone is for it an error, not a signal.
void ignore_broken_pipes() { ::signal(SIGPIPE, SIG_IGN); }

void log_end_of_session(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log_event(Severity::kError, "session-failed", {{"error", error.what()}});
  }
}

void tune(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT> unsent(
      static_cast<int>(kUnsentInKernel));
  socket.set_option(unsent, ignored);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpOptions options, HttpService service, std::unique_ptr<asio::ssl::context> tls)
      : options_(std::move(options)),
        service_(std::move(service)),
        tls_(std::move(tls)),
        limit_(options_.limits.connections, options_.limits.connections_per_address),
        blocking_(options_.blocking_threads),
        context_{*tls_, blocking_, service_, options_.limits, polls_} {}
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> bind() {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options_.address, error);
    if (error) return fail(ErrorKind::kUsage, options_.address + " is not a numeric address");
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(ErrorKind::kIo, "cannot listen on " + options_.address + ":" +
                                      std::to_string(options_.port) + ": " + error.message());
    }
    port_ = acceptor_.local_endpoint().port();
    return {};
  }

  void start() {
    asio::co_spawn(io_, accept_forever(), log_end_of_session);
    for (unsigned i = 0; i < options_.io_threads; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
  }

  void stop() {
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    blocking_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const { return limit_.count(); }

 private:
  asio::awaitable<void> accept_forever() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(asio::make_strand(io_), kAwait);
      if (error) {
        log_event(Severity::kWarning, "accept-failed", {{"error", error.message()}});
        asio::steady_timer timer(io_, kAcceptPause);
        co_await timer.async_wait(kAwait);
        continue;
      }
      begin_session(tcp::socket(std::move(socket)));
    }
  }

  void begin_session(tcp::socket socket) {
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;
    auto permit = limit_.acquire(remote.address().to_string());
    if (permit == nullptr) {
      log_event(Severity::kWarning, "connection-refused", {{"address", remote.address().to_string()}});
      return;
    }
    tune(socket);
    const auto strand = socket.get_executor();
    asio::co_spawn(strand, run_session(std::move(socket), context_, std::move(permit)), log_end_of_session);
  }

  HttpOptions options_;
  HttpService service_;
  std::unique_ptr<asio::ssl::context> tls_;
  ConnectionLimit limit_;
  asio::thread_pool blocking_;
  std::atomic<std::size_t> polls_ = 0;
  SessionContext context_;
  std::uint16_t port_ = 0;
  std::vector<std::thread> threads_;
  // Last, so that it goes first: it owns the sessions' frames, which refer to everything above.
  asio::io_context io_;
  tcp::acceptor acceptor_{io_};
};

Result<std::unique_ptr<HttpServer>> HttpServer::create(HttpOptions options, HttpService service) {
  SKIFF_ASSIGN(auto tls, make_tls_context(options.tls, options.limits.sessions));
  raise_file_limit();
  ignore_broken_pipes();
  auto impl = std::make_unique<Impl>(std::move(options), std::move(service), std::move(tls));
  SKIFF_TRY(impl->bind());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
void HttpServer::start() { impl_->start(); }
void HttpServer::stop() { impl_->stop(); }
std::uint16_t HttpServer::port() const { return impl_->port(); }
std::size_t HttpServer::connections() const { return impl_->connections(); }

}  // namespace skiff::server
