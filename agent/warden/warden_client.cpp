#include "agent/warden/warden_client.hpp"

#include <algorithm>

#include "agent/system/local_socket.hpp"
#include "agent/system/posix_file.hpp"
#include "agent/system/words.hpp"

namespace skiff::agent {

tl::unexpected<Error> WardenClient::silent() const {
  return fail(ErrorKind::kIo, "the warden at " + socket_.string() + " does not answer");
}

Result<Descriptor> WardenClient::send(Ask say, std::uint64_t number, ByteView payload) const {
  SKIFF_ASSIGN(const LocalAddress address, LocalAddress::of(socket_));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() || ::connect(socket.get(), address.get(), address.length()) != 0) {
    const int code = errno;
    return fail(ErrorKind::kIo, "no warden at " + socket_.string() + ": " + std::strerror(code));
  }
  if (!send_message(socket.get(), say, number, payload)) return silent();
  return socket;
}

Result<Bytes> WardenClient::answer_at(int socket) const {
  auto answer = receive_message<Ask>(socket, kMaxAnswer);
  if (!answer) return silent();
  if (answer->say == Ask::kDone) return std::move(answer->payload);
  return tl::unexpected<Error>(error_of(answer->payload));
}

Result<Bytes> WardenClient::ask(Ask say, std::uint64_t number, ByteView payload) const {
  SKIFF_ASSIGN(const Descriptor socket, send(say, number, payload));
  return answer_at(socket.get());
}

Result<void> WardenClient::permit(const std::string& release, tuf::Fetcher& metadata) const {
  SKIFF_ASSIGN(const Descriptor socket, send(Ask::kPermit, 0, as_bytes(release)));
  for (;;) {
    const auto message = receive_message<Ask>(socket.get(), kMaxAnswer);
    if (!message) return silent();
    if (message->say == Ask::kDone) return {};
    if (message->say != Ask::kFetch) return tl::unexpected<Error>(error_of(message->payload));
    SKIFF_TRY(answer_fetch(socket.get(), *message, metadata));
  }
}

Result<void> WardenClient::answer_fetch(int socket, const Message<Ask>& question,
                                        tuf::Fetcher& metadata) const {
  const std::string_view name = as_text(question.payload);
  Result<std::optional<Bytes>> file = metadata.fetch(name, question.number);
  if (file && !*file) file = fail(ErrorKind::kNotFound, "there is no " + std::string(name));
  const bool sent = file ? send_message(socket, Ask::kDone, 0, **file)
                         : send_message(socket, Ask::kFailed, 0, error_bytes(file.error()));
  return sent ? Result<void>() : silent();
}

Result<Descriptor> WardenClient::open(Ask say) const {
  SKIFF_ASSIGN(const Descriptor socket, send(say, 0, {}));
  SKIFF_TRY(answer_at(socket.get()));
  Descriptor opened = receive_descriptor(socket.get());
  if (!opened.valid()) return silent();
  return opened;
}

Result<BootStatus> WardenBoot::status() {
  SKIFF_ASSIGN(const Bytes answer, warden_.ask(Ask::kStatus));
  const std::optional<BootStatus> status = status_in(answer);
  if (!status || !status->booted) return fail(ErrorKind::kFormat, "the warden's status is none");
  return *status;
}

Result<void> WardenBoot::change(Ask say, Slot slot, ByteView payload) {
  return warden_.ask(say, static_cast<std::uint64_t>(slot), payload).map([](const Bytes&) {});
}

Result<void> WardenBoot::mark_bad(Slot slot) { return change(Ask::kMarkBad, slot); }

Result<void> WardenBoot::arm(Slot slot, std::uint32_t tries) {
  Bytes payload;
  put_word(payload, tries);
  return change(Ask::kArm, slot, payload);
}

Result<void> WardenBoot::commit(Slot slot) { return change(Ask::kCommit, slot); }

Result<std::unique_ptr<DurableFile>> WardenStorage::open(const std::filesystem::path& path, Access access) {
  if (std::ranges::find(slots_, path) == slots_.end()) return files_.open(path, access);
  SKIFF_ASSIGN(Descriptor slot,
               warden_.open(access == Access::kRead ? Ask::kOpenRunning : Ask::kOpenInactive));
  return file_of(std::move(slot), path);
}

Result<void> WardenStorage::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return files_.rename(from, to);
}

Result<void> WardenStorage::remove(const std::filesystem::path& path) { return files_.remove(path); }

Result<void> WardenStorage::sync_folder(const std::filesystem::path& folder) {
  return files_.sync_folder(folder);
}

Result<std::vector<std::string>> WardenStorage::list(const std::filesystem::path& folder) {
  return files_.list(folder);
}

}  // namespace skiff::agent
