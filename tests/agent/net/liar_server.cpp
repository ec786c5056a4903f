#include "tests/agent/net/liar_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

namespace skiff::testing {

LiarServer::LiarServer(Answer answer, bool keep_alive)
    : answer_(std::move(answer)),
      keep_alive_(keep_alive),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  ::listen(listener_.get(), 8);
  socklen_t length = sizeof(address);
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

LiarServer::~LiarServer() {
  ending_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  if (const int socket = current_; socket >= 0) ::shutdown(socket, SHUT_RDWR);
  thread_.join();
}

void LiarServer::serve() {
  while (!ending_) {
    const agent::Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.valid()) return;
    ++connections_;
    current_ = socket.get();
    talk(socket.get());
    current_ = -1;
  }
}

void LiarServer::talk(int socket) {
  std::string request;
  std::array<char, 4096> block;
  for (;;) {
    const ssize_t got = ::recv(socket, block.data(), block.size(), 0);
    if (got <= 0) return;
    wire_ += static_cast<std::uint64_t>(got);
    request.append(block.data(), static_cast<std::size_t>(got));
    const std::size_t end = request.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const std::size_t field = request.find("Content-Length: ");
    const std::size_t body = field < end ? std::stoul(request.substr(field + 16)) : 0;
    if (request.size() < end + 4 + body) continue;
    const std::string reply = answer_(request);
    request.clear();
    wire_ += reply.size();  // before the client can have it and look
    for (std::size_t sent = 0; sent < reply.size();) {
      const ssize_t put = ::send(socket, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
      if (put <= 0) return;
      sent += static_cast<std::size_t>(put);
    }
    if (!keep_alive_ || !reply.starts_with("HTTP/1.1 2")) return;
  }
}

}  // namespace skiff::testing
