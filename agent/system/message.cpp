#include "agent/system/message.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "agent/system/words.hpp"

namespace skiff::agent {
namespace {

constexpr std::size_t kHeaderBytes = 3 * kWord;
constexpr auto kLastError = ErrorKind::kNetwork;

bool send_all(int socket, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int socket, MutableBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

/// A message of one byte, with room for one descriptor beside it.
struct Handover {
  Handover() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  char byte = 0;
  struct iovec part = {&byte, 1};
  alignas(struct cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  struct msghdr header = {};
};

}  // namespace

bool send_numbered(int socket, std::uint64_t say, std::uint64_t number, ByteView payload) {
  Bytes header;
  put_word(header, say);
  put_word(header, number);
  put_word(header, payload.size());
  return send_all(socket, header) && send_all(socket, payload);
}

std::optional<Message<std::uint64_t>> receive_numbered(int socket, std::uint64_t last,
                                                       std::uint64_t max_payload) {
  std::array<std::uint8_t, kHeaderBytes> header{};
  if (!receive_all(socket, header)) return std::nullopt;
  const std::uint64_t say = word_of(header);
  const std::uint64_t length = word_of(ByteView(header).subspan(2 * kWord));
  if (say > last || length > max_payload) return std::nullopt;
  Message<std::uint64_t> message{say, word_of(ByteView(header).subspan(kWord)),
                                 Bytes(static_cast<std::size_t>(length))};
  if (!receive_all(socket, message.payload)) return std::nullopt;
  return message;
}

Bytes error_bytes(const Error& error) {
  Bytes bytes;
  put_word(bytes, static_cast<std::uint64_t>(error.kind));
  put_word(bytes, error.rule.size());
  bytes.insert(bytes.end(), error.rule.begin(), error.rule.end());
  bytes.insert(bytes.end(), error.message.begin(), error.message.end());
  return bytes;
}

Error error_of(ByteView bytes) {
  Error error{ErrorKind::kFormat, "", "no reason was given"};
  if (bytes.size() < 2 * kWord) return error;
  const std::uint64_t kind = word_of(bytes);
  const std::uint64_t rule = word_of(bytes.subspan(kWord));
  bytes = bytes.subspan(2 * kWord);
  if (kind > static_cast<std::uint64_t>(kLastError) || rule > bytes.size()) return error;
  error.kind = static_cast<ErrorKind>(kind);
  error.rule = as_text(bytes.first(static_cast<std::size_t>(rule)));
  error.message = as_text(bytes.subspan(static_cast<std::size_t>(rule)));
  return error;
}

bool send_descriptor(int socket, int fd) {
  Handover handover;
  struct cmsghdr* const right = CMSG_FIRSTHDR(&handover.header);
  right->cmsg_level = SOL_SOCKET;
  right->cmsg_type = SCM_RIGHTS;
  right->cmsg_len = CMSG_LEN(sizeof(fd));
  std::memcpy(CMSG_DATA(right), &fd, sizeof(fd));
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &handover.header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == 1;
}

Descriptor receive_descriptor(int socket) {
  Handover handover;
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &handover.header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const struct cmsghdr* const right = got == 1 ? CMSG_FIRSTHDR(&handover.header) : nullptr;
  if (right == nullptr || right->cmsg_level != SOL_SOCKET || right->cmsg_type != SCM_RIGHTS ||
      right->cmsg_len != CMSG_LEN(sizeof(int))) {
    return Descriptor();
  }
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(right), sizeof(fd));
  return Descriptor(fd);
}

}  // namespace skiff::agent
