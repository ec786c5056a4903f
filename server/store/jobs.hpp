// JobStore: the queue of deltas to be made; what is queued or was begun survives the process.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "skiff/delta_info.hpp"

namespace skiff::server {

class Database;

/// From which image to which. A base of length 0 (with the digest of nothing) means the full image.
struct ImagePair {
  ImageId base;
  ImageId result;
  bool operator==(const ImagePair&) const = default;
  bool operator<(const ImagePair& other) const {
    return std::pair(base.sha256, result.sha256) < std::pair(other.base.sha256, other.result.sha256);
  }
};

enum class JobState : std::uint8_t {
  kQueued,
  kRunning,
  kDone,        ///< published
  kFailed,      ///< to be tried again, not before its time
  kAbandoned,   ///< failed too often
  kNotSmaller,  ///< made, and not smaller than the full image: not published
};
std::string_view to_string(JobState state);

inline constexpr int kBackgroundPriority = 0;  ///< no device waits for it
inline constexpr int kDevicePriority = 10;     ///< a device does
inline constexpr int kMaxAttempts = 6;
inline constexpr std::int64_t kLease = 60;  ///< seconds that a worker has a job unless it renews

struct DeltaJob {
  ImagePair pair;
  JobState state = JobState::kQueued;
  int priority = kBackgroundPriority;
  int attempts = 0;             ///< begun so far
  std::int64_t not_before = 0;  ///< seconds since 1970 UTC
  std::uint64_t delta_length = 0;
  std::string error;          ///< of the last attempt
  std::string owner;          ///< the worker that took it last
  std::uint64_t devices = 0;  ///< that would fetch it
};

/// Pairs that no delta will come for, and why: kAbandoned or kNotSmaller.
using SettledPairs = std::map<ImagePair, JobState>;

/// Thread-safe, as the database is. There is at most one job for a pair. Errors: kIo.
class JobStore {
 public:
  explicit JobStore(Database& database) : database_(database) {}

  /// Queues a job for so many devices (0: as many as before); one that is there already keeps its state and
  /// the higher priority, but one that was done is queued again (whoever asks has found no such delta).
  Result<void> enqueue(const ImagePair& pair, int priority, std::int64_t now, std::uint64_t devices = 0);
  /// Takes the most urgent job that is due, of these that for most devices, then oldest first, for a worker
  /// to whom it belongs for kLease seconds or until it renews no more: whoever dies loses it to another, and
  /// a job that lost kMaxAttempts workers is abandoned. None of background priority while one that a device
  /// waits for is running: that one shall have the processors for itself.
  Result<std::optional<DeltaJob>> claim(const std::string& owner, std::int64_t now);
  /// False: the job is its owner's no longer.
  Result<bool> renew(const DeltaJob& job, std::int64_t now);
  /// The following end what a worker took; where it is its owner's no longer, nothing changes.
  /// Ends a job as done or not smaller.
  Result<void> finish(const DeltaJob& job, JobState state, std::uint64_t delta_length, std::int64_t now);
  /// Ends an attempt: tried again after a minute, then four times as long each time, at last abandoned; but
  /// where the machine failed (kIo: its disk is full), not the pair, tried once an hour as long as it takes.
  Result<void> record_failure(const DeltaJob& job, const Error& error, std::int64_t now);
  /// Gives a job back, as if it had not been begun.
  Result<void> give_back(const DeltaJob& job);
  /// Whether a job that a device waits for is due or running, other than that of `pair`.
  Result<bool> device_waits_for_other(const ImagePair& pair, std::int64_t now);
  /// Queues again what a worker of this name had when its process ended; how many.
  Result<std::uint64_t> release(const std::string& owner);
  /// Queues a job again that failed, was abandoned, or came to nothing smaller, as if it were new. kNotFound;
  /// kMismatch: there is nothing to try again.
  Result<void> retry(const Sha256& base, const Sha256& result);
  /// Abandons a job that is not over; a worker that has it stops soon. kNotFound; kMismatch: it is over.
  Result<void> cancel(const Sha256& base, const Sha256& result, const std::string& why);
  Result<SettledPairs> settled();
  Result<std::vector<DeltaJob>> list();

 private:
  Database& database_;
};

}  // namespace skiff::server
