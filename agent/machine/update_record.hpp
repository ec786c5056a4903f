// UpdateRecord: everything about the update under way that must survive a power cut; the text of the journal.
#pragma once

#include <string>

#include "agent/boot/boot_control.hpp"
#include "agent/machine/state.hpp"
#include "skiff/delta_info.hpp"
#include "skiff/json.hpp"

namespace skiff::agent {

/// Bytes as reports have them (server/API.md). Bytes between two writes of the journal are lost to a power
/// cut.
struct Ledger {
  std::uint64_t payload = 0;   ///< of the delta
  std::uint64_t metadata = 0;  ///< of TUF metadata
  std::uint64_t wire = 0;      ///< of all sockets, both ways
  std::uint64_t wasted = 0;    ///< of the delta, more than once or without use
  bool operator==(const Ledger&) const = default;
};

struct UpdateRecord {
  State state = State::kIdle;
  Slot target = Slot::kB;  ///< the slot that is written
  std::string release;     ///< target names in the signed metadata
  std::string delta;
  std::string version;
  std::uint64_t counter = 0;  ///< release counter
  ImageId result;
  Sha256 delta_sha256;
  std::uint64_t delta_length = 0;
  std::uint64_t segments_done = 0;  ///< segments of the delta that are in the slot and synced
  std::uint64_t seconds = 0;        ///< spent working on it
  Ledger bytes;
  std::uint64_t peak_memory = 0;    ///< bytes, of the agent and its decoder together
  std::uint64_t trial_seconds = 0;  ///< of trial so far
  std::uint64_t trial_uptime = 0;   ///< uptime when `trial_seconds` was last brought up to date
  std::string report_id;            ///< 32 hexadecimal digits
  std::string reason;               ///< why it failed or was rolled back
  bool operator==(const UpdateRecord&) const = default;
};

/// A copy of the journal on disk: the longest record fits (names are at most kLongestName, the reason is
/// cut).
inline constexpr std::size_t kJournalCopy = 4096;
inline constexpr std::size_t kLongestName = 256;
inline constexpr std::size_t kLongestReason = 512;

/// The member `bytes` of the journal and of reports.
Json ledger_json(const Ledger& bytes);
std::string update_record_text(const UpdateRecord& record);
/// kFormat: a field absent or odd; kUnsupported: another version.
Result<UpdateRecord> parse_update_record(std::string_view text);

}  // namespace skiff::agent
