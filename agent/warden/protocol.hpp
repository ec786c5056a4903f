// What the agent asks of the warden, a process that may open slots and set the boot state, over its socket.
#pragma once

#include "agent/boot/boot_control.hpp"
#include "agent/system/message.hpp"

namespace skiff::agent {

/// One connection has one request and its answer. A request's number is the slot it is about, 0 (A) or 1 (B).
enum class Ask : std::uint8_t {
  kStatus,        ///< answer: status_bytes()
  kMarkBad,       ///< see BootControl, as for the next two; refused for a running slot that is committed
  kArm,           ///< payload: a word, tries; refused for the running slot, and for one that is open
  kCommit,        ///< refused for a slot that does not run
  kOpenRunning,   ///< a descriptor follows the answer: the running slot, for reading
  kOpenInactive,  ///< the same: the other slot, for writing; refused where it may be booted, or is in use
  kReboot,
  kPermit,  ///< payload: the name of a release; kFetch may come before the answer, see Permits
  kFetch,   ///< asked by the warden. payload: a file of metadata; number: its longest length. Answer: the
            ///< file, or kNotFound
  // Answers.
  kDone,
  kFailed,  ///< payload: error_bytes()
};

inline constexpr std::uint64_t kMaxRequest = 256;    ///< bytes of a request's payload
inline constexpr std::uint64_t kMaxAnswer = 65'536;  ///< bytes of an answer's

std::string_view to_string(Ask ask);
std::optional<Slot> slot_numbered(std::uint64_t number);

Bytes status_bytes(const BootStatus& status);
std::optional<BootStatus> status_in(ByteView bytes);

}  // namespace skiff::agent
