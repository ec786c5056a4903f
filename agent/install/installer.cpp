#include "agent/install/installer.hpp"

#include <algorithm>

#include "agent/system/log.hpp"
#include "agent/system/random.hpp"

namespace skiff::agent {
namespace {

/// The part of a slot that is the base image: the slot may be longer.
class BaseImage final : public Source {
 public:
  BaseImage(const Source& slot, std::uint64_t length) : slot_(slot), length_(length) {}
  [[nodiscard]] std::uint64_t size() const override { return length_; }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset > length_ || out.size() > length_ - offset) {
      return fail(ErrorKind::kUsage, "read past the base image");
    }
    return slot_.read_at(offset, out);
  }

 private:
  const Source& slot_;
  std::uint64_t length_;
};

/// Errors after which the same segment may be tried again: bytes that were not what was signed, and a slot or
/// stash that would not take a write.
bool may_restart(const Error& error) {
  return error.kind == ErrorKind::kSignature || error.kind == ErrorKind::kIo;
}

SessionOptions session_options(const Installation& installation, const UpdateRecord& record) {
  const DeltaOffer& delta = installation.delta;
  SessionOptions options;
  options.apply.max_memory = delta.decoder_memory;
  options.apply.repackers = all_repackers();
  options.apply.frames_root = delta.frames_root;
  options.apply.base = delta.base;
  options.apply.result = delta.result;
  options.delta_length = delta.length;
  options.segments_done = record.segments_done;
  return options;
}

}  // namespace

Result<void> Installer::run(const Installation& installation, UpdateRecord& record, const Save& save) {
  for (unsigned restarts = 0;; ++restarts) {
    const std::uint64_t before = record.segments_done;
    Result<void> ended = run_once(installation, record, save);
    if (ended || !may_restart(ended.error()) || restarts >= limits_.restarts) return ended;
    log_event("segment_restart",
              {{"segments_done", std::to_string(record.segments_done)}, {"error", ended.error().text()}});
    if (record.segments_done > before) restarts = 0;
  }
}

Result<void> Installer::run_once(const Installation& installation, UpdateRecord& record, const Save& save) {
  SKIFF_ASSIGN(const auto base_slot, deps_.storage.open(paths_.base_slot, Access::kRead));
  SKIFF_ASSIGN(const auto target, deps_.storage.open(paths_.target_slot, Access::kSlot));
  SKIFF_TRY(target->set_length(installation.delta.result.length));
  const BaseImage base(*base_slot, installation.delta.base.length);
  SlotWriter writer(*target, [&](std::uint64_t segments_done) -> Result<void> {
    SKIFF_TRY(stash_.sync());
    record.segments_done = segments_done;
    return save();
  });
  SKIFF_ASSIGN(ApplySession session, begin(base, writer, session_options(installation, record)));
  return fetch_all(session, installation.delta, record);
}

/// A session fed with as much of the stash as turns out to be good.
Result<ApplySession> Installer::begin(const Source& base, SlotWriter& writer, const SessionOptions& options) {
  for (const UseStash use : {UseStash::kAll, UseStash::kHeadOnly}) {
    ApplySession session(base, writer, stash_, options);
    const Result<void> restored = session.restore(use);
    if (restored) return session;
    log_event("stash_refused", {{"error", restored.error().text()}});
  }
  SKIFF_TRY(stash_.clear());
  ApplySession session(base, writer, stash_, options);
  SKIFF_TRY(session.restore(UseStash::kNothing));
  return session;
}

Result<void> Installer::fetch_all(ApplySession& session, const DeltaOffer& delta, UpdateRecord& record) {
  unsigned fruitless = 0;
  while (!session.done()) {
    std::uint64_t used = 0;
    const RangeConsumer consume = [&](ByteView part) {
      used += part.size();
      record.bytes.payload += part.size();
      return session.push(part);
    };
    const RangeOutcome outcome = deps_.server.fetch(delta, session.wanted(), consume);
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
