// Installer: brings a delta over the link and applies it into the inactive slot, through drops, kills and bad
// bytes.
#pragma once

#include <functional>

#include "agent/install/apply_session.hpp"
#include "agent/install/mended_base.hpp"
#include "agent/machine/update_record.hpp"
#include "agent/net/backoff.hpp"
#include "agent/net/update_server.hpp"
#include "agent/system/clock.hpp"

namespace skiff::agent {

struct InstallPaths {
  std::filesystem::path base_slot;    ///< the running slot, read only
  std::filesystem::path target_slot;  ///< the inactive slot
  std::filesystem::path stash;
  std::filesystem::path begun;   ///< see BegunSegmentFile
  std::filesystem::path mended;  ///< blocks of the base that were fetched, see MendedBase
};

struct InstallLimits {
  unsigned fruitless_tries = 5;  ///< tries in a row that bring not one byte, then it is left for later
  unsigned restarts = 3;         ///< new beginnings at a segment after bad bytes or a failed write
  std::uint64_t decoder_memory = std::uint64_t{8} << 20;  ///< bytes that the device gives a decoder
  unsigned decoder_threads = 1;                           ///< see ApplyOptions::threads
  Backoff pause{std::chrono::milliseconds(1'000), std::chrono::milliseconds(60'000)};
};

struct InstallDeps {
  Storage& storage;
  UpdateServer& server;
  Clock& clock;
  const StartDecoder& start_decoder;
};

class Installer {
 public:
  /// Called before and after progress is recorded; makes `record` durable.
  using Save = std::function<Result<void>()>;

  Installer(InstallDeps deps, InstallPaths paths, InstallLimits limits = {})
      : deps_(deps),
        paths_(std::move(paths)),
        limits_(limits),
        stash_(deps.storage, paths_.stash),
        begun_(deps.storage, paths_.begun) {}

  /// Goes on from record.segments_done to the end, keeping `record` (segments and payload bytes) up to date
  /// and calling `save` after each segment that is synced to the slot. Errors: kNetwork and kCancelled leave
  /// everything so that a later call goes on with the next byte; all others mean that this delta cannot be
  /// installed here. A base that differs in a few blocks is mended on the way.
  Result<void> run(const Installation& installation, UpdateRecord& record, const Save& save);

 private:
  /// What one run works on.
  struct Work {
    const Installation& installation;
    UpdateRecord& record;
    const Save& save;
    MendedBase& base;
    BegunSegment begun{};  ///< for the next session
  };

  Result<void> run_to_end(Work& work);
  Result<void> run_once(Work& work);
  void keep(BegunSegment segment);
  Result<bool> mend(Work& work, const Error& error);
  Result<ApplySession> open_session(const Source& base, SlotWriter& writer, const SessionOptions& options);
  Result<ApplySession> begin(const Source& base, SlotWriter& writer, const SessionOptions& options);
  Result<void> fetch_all(ApplySession& session, const DeltaOffer& delta, UpdateRecord& record);
  Result<Bytes> fetch_stored(const StoredRange& range);
  Result<void> wait(unsigned tries);

  InstallDeps deps_;
  InstallPaths paths_;
  InstallLimits limits_;
  Stash stash_;
  BegunSegmentFile begun_;
};

}  // namespace skiff::agent
