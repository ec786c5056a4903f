#include "bench/load/connection.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace skiff::bench {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kLength = "content-length: ";

[[noreturn]] void fail_with(const std::string& what) { throw std::runtime_error(what); }

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) fail_with(host + " is no IPv4 address");
  return address;
}

const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Of a head in lower case.
Answer parse_head(const std::string& head) {
  Answer answer;
  answer.status = static_cast<unsigned>(std::stoul(head.substr(head.find(' ') + 1, 3)));
  if (const std::size_t at = head.find(kLength); at != std::string::npos) {
    answer.body = std::stoull(head.substr(at + kLength.size()));
  }
  return answer;
}

}  // namespace

TlsContext make_context(const std::string& ca, const std::string& certificate, const std::string& key) {
  TlsContext context(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free);
  ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (::SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr) != 1) fail_with("cannot use " + ca);
  if (certificate.empty()) return context;
  if (::SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1 ||
      ::SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    fail_with("cannot use " + certificate);
  }
  return context;
}

int connect_tcp(const Address& to, const std::string& from) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) fail_with(std::string("no socket: ") + std::strerror(errno));
  const sockaddr_in remote = address_of(to.host, to.port);
  const sockaddr_in local = address_of(from.empty() ? "0.0.0.0" : from, 0);
  const bool bound = from.empty() || ::bind(socket, generic(local), sizeof local) == 0;
  if (!bound || ::connect(socket, generic(remote), sizeof remote) != 0) {
    const std::string why = std::strerror(errno);
    ::close(socket);
    fail_with("cannot connect: " + why);
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

Connection::Connection(const Address& to, SSL_CTX* context) : socket_(connect_tcp(to, "")) {
  ssl_.reset(::SSL_new(context));
  ::SSL_set_fd(ssl_.get(), socket_);
  if (::SSL_connect(ssl_.get()) != 1) {
    ::close(socket_);
    fail_with("the handshake failed");
  }
}

Connection::~Connection() {
  ::SSL_shutdown(ssl_.get());
  ::close(socket_);
}

std::size_t Connection::read_some() {
  const int count = ::SSL_read(ssl_.get(), buffer_.data(), static_cast<int>(buffer_.size()));
  if (count <= 0) fail_with("the connection ended");
  return static_cast<std::size_t>(count);
}

Answer Connection::ask(const std::string& request, std::chrono::steady_clock::time_point end_of_time) {
  if (::SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) <= 0) {
    fail_with("the connection ended");
  }
  std::string head;
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    head.append(buffer_.data(), read_some());
    end = head.find(kEndOfHead);
  }
  Answer answer = parse_head(lower(head.substr(0, end)));
  const std::uint64_t length = answer.body;
  answer.body = head.size() - end - kEndOfHead.size();
  while (answer.body < length && std::chrono::steady_clock::now() < end_of_time) answer.body += read_some();
  answer.is_whole = answer.body == length;
  return answer;
}

}  // namespace skiff::bench
