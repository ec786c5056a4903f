// Messages between the agent and a process that it shares its work with, over a stream socket.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/system/os.hpp"
#include "skiff/bytes.hpp"

namespace skiff::agent {

/// `Say` is a protocol's enumeration; its last value is kFailed, and one of its values is kDone.
template <typename Say>
struct Message {
  Say say{};
  std::uint64_t number = 0;
  Bytes payload{};
};

/// No message is longer: the heads of deltas are bounded by what an applier accepts, and everything else
/// comes in pieces.
inline constexpr std::uint64_t kMaxPayload = std::uint64_t{32} << 20;

/// Message<Say> with any number up to `last` in place of the enumeration's.
std::optional<Message<std::uint64_t>> receive_numbered(int socket, std::uint64_t last,
                                                       std::uint64_t max_payload);
bool send_numbered(int socket, std::uint64_t say, std::uint64_t number, ByteView payload);

/// Sends all of it. False: nobody is there any more.
template <typename Say>
bool send_message(int socket, Say say, std::uint64_t number, ByteView payload) {
  return send_numbered(socket, static_cast<std::uint64_t>(say), number, payload);
}

/// The next message; nothing where the other side has ended, is silent for longer than the socket's timeout,
/// or says what is none.
template <typename Say>
std::optional<Message<Say>> receive_message(int socket, std::uint64_t max_payload = kMaxPayload) {
  auto message = receive_numbered(socket, static_cast<std::uint64_t>(Say::kFailed), max_payload);
  if (!message) return std::nullopt;
  return Message<Say>{static_cast<Say>(message->say), message->number, std::move(message->payload)};
}

/// An error as a payload: kind, length of the rule, rule, message.
Bytes error_bytes(const Error& error);
Error error_of(ByteView bytes);

/// Hands an open file over (SCM_RIGHTS, unix(7)); both have it then. False: nobody is there any more.
bool send_descriptor(int socket, int fd);
/// One that is not valid: none came.
Descriptor receive_descriptor(int socket);

}  // namespace skiff::agent
