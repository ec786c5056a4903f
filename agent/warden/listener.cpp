#include "agent/warden/listener.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>

#include "agent/system/local_socket.hpp"
#include "agent/system/log.hpp"

namespace skiff::agent {
namespace {

constexpr int kWaiting = 8;                   // connections that wait for their turn
constexpr struct timeval kSilence = {10, 0};  // of an agent that is at a request

bool is_of(int socket, uid_t user) {
  struct ucred peer = {};
  socklen_t length = sizeof(peer);
  const bool known = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0;
  if (known && peer.uid == user) return true;
  log_event("refused", {{"uid", known ? std::to_string(peer.uid) : "unknown"}});
  return false;
}

/// Requests that change something are logged, and those that are refused.
void tell(const Message<Ask>& request, const Answer& answer) {
  const bool changes = request.say != Ask::kStatus && request.say != Ask::kOpenRunning;
  if (answer.said && !changes) return;
  log_event("request", {{"what", std::string(to_string(request.say))},
                        {"number", std::to_string(request.number)},
                        {"error", answer.said ? "" : answer.said.error().text()}});
}

void reply(int socket, const Answer& answer) {
  if (!answer.said) {
    (void)send_message(socket, Ask::kFailed, 0, error_bytes(answer.said.error()));
  } else if (send_message(socket, Ask::kDone, 0, *answer.said) && answer.opened.valid()) {
    (void)send_descriptor(socket, answer.opened.get());
  }
}

/// The agent at the other end of a connection, asked for metadata.
class AskedAgent final : public tuf::Fetcher {
 public:
  explicit AskedAgent(int socket) : socket_(socket) {}
  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override {
    if (!send_message(socket_, Ask::kFetch, max_length, as_bytes(name))) return gone();
    auto answer = receive_message<Ask>(socket_, std::max(max_length, kMaxAnswer));
    if (!answer) return gone();
    if (answer->say == Ask::kDone) return std::optional<Bytes>(std::move(answer->payload));
    const Error error = error_of(answer->payload);
    if (error.kind == ErrorKind::kNotFound) return std::optional<Bytes>();
    return tl::unexpected<Error>(error);
  }

 private:
  static tl::unexpected<Error> gone() { return fail(ErrorKind::kCancelled, "the agent is gone"); }
  int socket_;
};

}  // namespace

Result<Descriptor> listen_at(const std::filesystem::path& path) {
  SKIFF_ASSIGN(const LocalAddress address, LocalAddress::of(path));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  (void)::unlink(path.c_str());
  // Anybody may connect; who it is decides whether there is an answer.
  if (!socket.valid() || ::bind(socket.get(), address.get(), address.length()) != 0 ||
      ::chmod(path.c_str(), 0666) != 0 || ::listen(socket.get(), kWaiting) != 0) {
    return os_error("listen at", path);
  }
  return socket;
}

Result<void> serve_next(int listener, uid_t user, const Warden& warden) {
  const Descriptor socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.valid()) {
    if (errno == EINTR || errno == ECONNABORTED) return {};
    return fail(ErrorKind::kIo, std::string("cannot accept: ") + std::strerror(errno));
  }
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(socket.get(), SOL_SOCKET, option, &kSilence, sizeof(kSilence));
  }
  if (!is_of(socket.get(), user)) return {};
  const std::optional<Message<Ask>> request = receive_message<Ask>(socket.get(), kMaxRequest);
  if (!request) return {};
  AskedAgent agent(socket.get());
  const Answer answer = warden.answer(*request, agent);
  tell(*request, answer);
  reply(socket.get(), answer);
  return {};
}

}  // namespace skiff::agent
