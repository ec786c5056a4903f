#include "agent/net/socket_bio.hpp"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <memory>

#include "agent/system/os.hpp"

namespace skiff::agent {
namespace {

using MethodHandle = std::unique_ptr<BIO_METHOD, Free<BIO_meth_free>>;

int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(bio))); }

bool may_go_on_later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int write(BIO* bio, const char* data, int length) {
  ::BIO_clear_retry_flags(bio);
  const ssize_t sent =
      ::send(socket_of(bio), data, static_cast<std::size_t>(length), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && may_go_on_later()) ::BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read(BIO* bio, char* out, int length) {
  ::BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(socket_of(bio), out, static_cast<std::size_t>(length), MSG_DONTWAIT);
  if (got < 0 && may_go_on_later()) ::BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

/// Nothing is kept back, so that flushing is done at once; nothing else is asked for.
long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* method() {
  static const MethodHandle made = [] {
    MethodHandle socket(::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "skiff socket"));
    if (socket) {
      ::BIO_meth_set_write(socket.get(), write);
      ::BIO_meth_set_read(socket.get(), read);
      ::BIO_meth_set_ctrl(socket.get(), control);
    }
    return socket;
  }();
  return made.get();
}

}  // namespace

BIO* make_socket_bio(int socket) {
  BIO* const bio = method() != nullptr ? ::BIO_new(method()) : nullptr;
  if (bio == nullptr) return nullptr;
  ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  ::BIO_set_init(bio, 1);
  return bio;
}

}  // namespace skiff::agent
