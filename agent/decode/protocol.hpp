// What the agent and its decoder, a process of its own, say to each other over their socket.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/system/message.hpp"
#include "skiff/applier.hpp"
#include "skiff/repackers.hpp"

namespace skiff::agent {

enum class Say : std::uint8_t {
  // The agent's commands.
  kStart,         ///< payload: start_bytes(); answered, as every command, once the sandbox holds
  kPush,          ///< payload: bytes of the delta
  kResume,        ///< number: segment
  kBegunSegment,  ///< answered with its offset in the delta, and as payload its wire bytes
  kRepackers,     ///< in place of kStart: answered with repackers_bytes(), and the decoder ends
  // The decoder's questions while it is at a command, each answered but kHead.
  kRead,         ///< number: offset in the base; payload: a word, how many bytes
  kWrite,        ///< number: offset in the result; payload: its bytes
  kSegmentDone,  ///< number: segment
  kHead,         ///< payload: three words a segment: 1 if a map, wire_offset, wire_length
  // Either side's last word on what it was asked.
  kDone,    ///< of a command: payload is Progress, or the wire bytes of a segment with number its offset
  kFailed,  ///< payload: an error, in a command's case after Progress
};

inline constexpr std::size_t kPiece = 64 << 10;  ///< at most, of a push, of a read and of a write

/// What an applier is made with; re-packers are always all that there are.
struct DecoderOptions {
  std::uint64_t base_length = 0;
  ApplyOptions apply;
};
Bytes start_bytes(const DecoderOptions& options);
std::optional<DecoderOptions> options_of(ByteView bytes);

/// The re-packers that the decoder has.
Bytes repackers_bytes(const RepackerVersions& versions);
/// nullopt: these are none.
std::optional<RepackerVersions> repackers_of(ByteView bytes);

/// Where the decoder is after a command.
struct Progress {
  std::uint64_t next_offset = 0;
  std::uint64_t next_length = 0;
  bool done = false;
};
inline constexpr std::size_t kProgressBytes = 24;
Bytes progress_bytes(const Progress& progress);
Progress progress_of(ByteView bytes);  ///< kProgressBytes

}  // namespace skiff::agent
