#include "tests/server/tls_client.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>

namespace skiff::server::test {
namespace {

constexpr int kPatience = 20;  // seconds
constexpr std::size_t kRead = 16 * 1024;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Answer parse_head(const std::string& text) {
  Answer answer;
  answer.status = static_cast<unsigned>(std::stoul(text.substr(9, 3)));
  std::size_t line = text.find("\r\n") + 2;
  while (line < text.size()) {
    const std::size_t end = text.find("\r\n", line);
    const std::size_t colon = text.find(':', line);
    answer.fields[lower(text.substr(line, colon - line))] = text.substr(colon + 2, end - colon - 2);
    line = end + 2;
  }
  return answer;
}

}  // namespace

int connect_tcp(std::uint16_t port) {
  // A server that ends the connection early is a failed write here, not the end of the test.
  std::signal(SIGPIPE, SIG_IGN);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience = {kPatience, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

TlsClient::TlsClient(std::uint16_t port, const ClientFiles& files, SSL_SESSION* resume)
    : socket_(connect_tcp(port)), context_(::SSL_CTX_new(::TLS_client_method())) {
  ::SSL_CTX_load_verify_locations(context_.get(), files.trust.c_str(), nullptr);
  ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (!files.certificate.empty()) {
    ::SSL_CTX_use_certificate_file(context_.get(), files.certificate.c_str(), SSL_FILETYPE_PEM);
    ::SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  }
  ssl_.reset(::SSL_new(context_.get()));
  ::SSL_set1_host(ssl_.get(), "localhost");
  ::SSL_set_fd(ssl_.get(), socket_);
  if (resume != nullptr) ::SSL_set_session(ssl_.get(), resume);
  connected_ = socket_ >= 0 && ::SSL_connect(ssl_.get()) == 1;
}

TlsClient::~TlsClient() {
  ssl_.reset();
  if (socket_ >= 0) ::close(socket_);
}

bool TlsClient::send(std::string_view bytes) {
  return ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

bool TlsClient::fill() {
  char buffer[kRead];
  const int count = ::SSL_read(ssl_.get(), buffer, sizeof buffer);
  if (count <= 0) return false;
  pending_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::optional<Answer> TlsClient::receive(bool is_head) {
  std::size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  Answer answer = parse_head(pending_.substr(0, end + 2));
  pending_.erase(0, end + 4);
  const auto length_field = answer.fields.find("content-length");
  if (is_head || length_field == answer.fields.end()) return answer;
  const std::size_t length = std::stoul(length_field->second);
  while (pending_.size() < length) {
    if (!fill()) return std::nullopt;
  }
  answer.body = pending_.substr(0, length);
  pending_.erase(0, length);
  return answer;
}

std::optional<Answer> TlsClient::ask(std::string_view request) {
  if (!connected_ || !send(request)) return std::nullopt;
  return receive(request.starts_with("HEAD "));
}

bool TlsClient::ends() {
  if (!pending_.empty()) return false;
  char byte = 0;
  const int count = ::SSL_read(ssl_.get(), &byte, 1);
  if (count > 0) return false;
  return ::SSL_get_error(ssl_.get(), count) != SSL_ERROR_SYSCALL || errno != EAGAIN;
}

bool TlsClient::is_cut_within(std::chrono::milliseconds time) {
  pollfd end = {socket_, 0, 0};  // an error and the other side's reset are told unasked
  return ::poll(&end, 1, static_cast<int>(time.count())) == 1;
}

std::string TlsClient::read_bytes(std::size_t length) {
  while (pending_.size() < length && fill()) {
  }
  std::string bytes = pending_.substr(0, length);
  pending_.erase(0, bytes.size());
  return bytes;
}

std::uint64_t TlsClient::count_to_end() {
  std::uint64_t count = 0;
  do {
    count += pending_.size();
    pending_.clear();
  } while (fill());
  return count;
}

std::uint64_t TlsClient::wire_received() const { return ::BIO_number_read(::SSL_get_rbio(ssl_.get())); }
std::uint64_t TlsClient::wire_sent() const { return ::BIO_number_written(::SSL_get_wbio(ssl_.get())); }

void TlsClient::shut_down() {
  ::SSL_shutdown(ssl_.get());
  while (fill()) {
  }
}

std::string get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

std::string head(std::string_view path) {
  return "HEAD " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace skiff::server::test
