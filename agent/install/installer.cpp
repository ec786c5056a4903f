#include "agent/install/installer.hpp"

#include <algorithm>

#include "agent/system/log.hpp"
#include "agent/system/peak_memory.hpp"
#include "agent/system/random.hpp"

namespace skiff::agent {
namespace {

/// Errors after which the same segment may be tried again: bytes that were not what was signed, and a slot or
/// stash that would not take a write.
bool may_restart(const Error& error) {
  return error.kind == ErrorKind::kSignature || error.kind == ErrorKind::kIo;
}

/// Errors that a base which is not what it was may be behind.
bool may_be_the_base(const Error& error) {
  if (error.rule == kDecoderRule) return false;
  return error.kind == ErrorKind::kMismatch || error.kind == ErrorKind::kFormat ||
         error.kind == ErrorKind::kIo;
}

/// Errors after which nothing is wrong but the moment.
bool is_for_later(const Error& error) {
  return error.kind == ErrorKind::kNetwork || error.kind == ErrorKind::kCancelled;
}

/// What a delta leaves of the device's memory is for further threads.
SessionOptions session_options(const Installation& installation, const UpdateRecord& record,
                               const InstallLimits& limits) {
  const DeltaOffer& delta = installation.delta;
  SessionOptions options;
  options.apply.max_memory = limits.decoder_memory;
  options.apply.threads = limits.decoder_threads;
  options.apply.frames_root = delta.frames_root;
  options.apply.base = delta.base;
  options.apply.result = delta.result;
  options.delta_length = delta.length;
  options.segments_done = record.segments_done;
  return options;
}

/// Where that is what the session wants next.
Result<void> push(ApplySession& session, const BegunSegment& begun) {
  if (session.wanted().offset != begun.offset) return {};
  return session.push(begun.wire).map([](bool) {});
}

}  // namespace

Result<void> Installer::run(const Installation& installation, UpdateRecord& record, const Save& save) {
  SKIFF_ASSIGN(const auto slot, deps_.storage.open(paths_.base_slot, Access::kRead));
  MendedBase base(deps_.storage, paths_.mended, *slot, installation.delta.base.length);
  Work work{installation, record, save, base, begun_.load(limits_.decoder_memory)};
  Result<void> ended = run_to_end(work);
  if (!ended && is_for_later(ended.error())) keep(std::move(work.begun));
  return ended;
}

Result<void> Installer::run_to_end(Work& work) {
  const UpdateRecord& record = work.record;
  bool mended = false;
  for (unsigned restarts = 0;; ++restarts) {
    const std::uint64_t before = record.segments_done;
    Result<void> ended = run_once(work);
    if (!ended && !mended && may_be_the_base(ended.error())) {
      SKIFF_ASSIGN(mended, mend(work, ended.error()));
      if (mended) continue;
    }
    if (ended || !may_restart(ended.error()) || restarts >= limits_.restarts) return ended;
    log_event("segment_restart",
              {{"segments_done", std::to_string(record.segments_done)}, {"error", ended.error().text()}});
    if (ended.error().kind == ErrorKind::kSignature) SKIFF_TRY(begun_.remove());  // perhaps it was that
    if (record.segments_done > before) restarts = 0;
  }
}

Result<void> Installer::run_once(Work& work) {
  const DeltaOffer& delta = work.installation.delta;
  SKIFF_ASSIGN(const auto target, deps_.storage.open(paths_.target_slot, Access::kSlot));
  SKIFF_TRY(target->set_length(delta.result.length));
  SlotWriter writer(*target, [&](std::uint64_t segments_done) -> Result<void> {
    SKIFF_TRY(stash_.sync());
    work.record.segments_done = segments_done;
    return work.save();
  });
  SKIFF_ASSIGN(ApplySession session,
               begin(work.base, writer, session_options(work.installation, work.record, limits_)));
  Result<void> ended = push(session, std::exchange(work.begun, {}));
  if (ended) ended = fetch_all(session, delta, work.record);
  work.begun = session.begun_segment();
  work.record.peak_memory = std::max(work.record.peak_memory, peak_memory() + session.peak_memory());
  return ended;
}

/// Without room for it the bytes are fetched once more, and that is all.
void Installer::keep(BegunSegment segment) {
  const Result<void> kept = begun_.keep(std::move(segment));
  if (!kept) log_event("segment_not_kept", {{"error", kept.error().text()}});
}

/// Whether the base has changed and is as it should be now. That the server or its link are not there now is
/// an error; where it cannot be mended at all, what failed first is the better reason.
Result<bool> Installer::mend(Work& work, const Error& error) {
  const DeltaOffer& delta = work.installation.delta;
  log_event("segment_failed", {{"error", error.text()}});
  const Result<std::size_t> blocks =
      work.base.mend(delta, MendedBase::most_blocks(delta.base.length),
                     [this](const StoredRange& range) { return fetch_stored(range); });
  if (blocks) {
    log_event("base_mended", {{"blocks", std::to_string(*blocks)}});
    return *blocks > 0;
  }
  if (is_for_later(blocks.error())) return tl::unexpected<Error>(blocks.error());
  log_event("base_not_mended", {{"error", blocks.error().text()}});
  return false;
}

Result<ApplySession> Installer::open_session(const Source& base, SlotWriter& writer,
                                             const SessionOptions& options) {
  SKIFF_ASSIGN(auto decoder, deps_.start_decoder(base, writer, options.apply));
  return ApplySession(std::move(decoder), stash_, options);
}

/// A session fed with as much of the stash as turns out to be good.
Result<ApplySession> Installer::begin(const Source& base, SlotWriter& writer, const SessionOptions& options) {
  for (const UseStash use : {UseStash::kAll, UseStash::kHeadOnly}) {
    SKIFF_ASSIGN(ApplySession session, open_session(base, writer, options));
    const Result<void> restored = session.restore(use);
    if (restored) return session;
    log_event("stash_refused", {{"error", restored.error().text()}});
  }
  SKIFF_TRY(stash_.clear());
  SKIFF_ASSIGN(ApplySession session, open_session(base, writer, options));
  SKIFF_TRY(session.restore(UseStash::kNothing));
  return session;
}

Result<void> Installer::fetch_all(ApplySession& session, const DeltaOffer& delta, UpdateRecord& record) {
  const RemoteFile file = remote_target(delta.wire_path, delta.length, delta.sha256);
  unsigned fruitless = 0;
  while (!session.done()) {
    std::uint64_t used = 0;
    const RangeConsumer consume = [&](ByteView part) {
      deps_.clock.tick();
      used += part.size();
      record.bytes.payload += part.size();
      return session.push(part);
    };
    const RangeOutcome outcome = deps_.server.fetch(file, session.wanted(), consume);
    record.bytes.payload += outcome.received - std::min(outcome.received, used);
    if (outcome.result) continue;
    if (outcome.result.error().kind != ErrorKind::kNetwork) return outcome.result;
    fruitless = used > 0 ? 0 : fruitless + 1;
    log_event("link_lost", {{"at", std::to_string(session.wanted().offset)},
                            {"of", std::to_string(delta.length)},
                            {"error", outcome.result.error().text()}});
    if (fruitless >= limits_.fruitless_tries) return outcome.result;
    SKIFF_TRY(wait(fruitless));
  }
  return {};
}

Result<Bytes> Installer::fetch_stored(const StoredRange& range) {
  const RemoteFile file = remote_target(range.wire_path, range.length, range.sha256);
  Bytes bytes;
  const RangeConsumer consume = [&](ByteView part) {
    bytes.insert(bytes.end(), part.begin(), part.end());
    return Result<bool>(bytes.size() < range.wanted);
  };
  for (unsigned fruitless = 0; bytes.size() < range.wanted;) {
    const std::size_t before = bytes.size();
    const RangeOutcome outcome =
        deps_.server.fetch(file, {range.offset + before, range.wanted - before}, consume);
    if (outcome.result) continue;
    if (outcome.result.error().kind != ErrorKind::kNetwork)
      return tl::unexpected<Error>(outcome.result.error());
    fruitless = bytes.size() > before ? 0 : fruitless + 1;
    if (fruitless >= limits_.fruitless_tries) return tl::unexpected<Error>(outcome.result.error());
    SKIFF_TRY(wait(fruitless));
  }
  return bytes;
}

Result<void> Installer::wait(unsigned tries) {
  std::chrono::milliseconds delay = limits_.pause.delay(tries, random_number());
  if (const std::optional<std::uint64_t> asked = deps_.server.retry_after()) {
    delay = std::max<std::chrono::milliseconds>(delay,
                                                std::chrono::seconds(std::min<std::uint64_t>(*asked, 3600)));
  }
  if (deps_.clock.pause(delay)) return {};
  return fail(ErrorKind::kCancelled, "asked to end");
}

}  // namespace skiff::agent
