#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "base/background_sink.hpp"
#include "base/thread.hpp"
#include "skiff/applier.hpp"

namespace skiff {
namespace {

Result<void> check_hash(const Sha256& found, const Sha256& wanted, std::string_view image) {
  if (found == wanted) return {};
  return fail(ErrorKind::kMismatch,
              std::string(image) + " image is " + found.hex() + ", where the delta says " + wanted.hex());
}

/// Whether a base is the one that a delta was made from; found out while the delta is decoded, where a thread
/// is to spare.
class BaseCheck {
 public:
  void begin(const Source& base, const Sha256& wanted, unsigned threads, const MakeHasher& make_hasher) {
    check_ = [&base, wanted, make_hasher] {
      return hash_source(base, make_hasher).and_then([&](const Sha256& found) {
        return check_hash(found, wanted, "base");
      });
    };
    if (threads > 1) thread_.emplace([this] { outcome_ = check_(); });
  }
  /// What came of it, if it was begun.
  Result<void> finish() {
    if (!check_) return {};
    thread_.reset();  // waits
    if (!outcome_) outcome_ = check_();
    return *outcome_;
  }

 private:
  std::function<Result<void>()> check_;
  std::optional<Result<void>> outcome_;
  std::optional<Thread> thread_;
};

/// A result written in order from 0 on is what a sink takes; none is before the base is known to be right.
class SinkWriter final : public ResultWriter {
 public:
  SinkWriter(Sink& sink, BaseCheck& base) : sink_(sink), base_(base) {}
  Result<void> write_at(std::uint64_t, ByteView bytes) override {
    SKIFF_TRY(base_.finish());
    return sink_.write(bytes);
  }
  Result<void> segment_done(std::uint64_t) override { return {}; }

 private:
  Sink& sink_;
  BaseCheck& base_;
};

/// Pushes up to a frame of what the applier wants next.
Result<void> push_next(const Source& delta, Applier& applier, Bytes& buffer) {
  const std::uint64_t offset = applier.next_offset();
  const std::uint64_t left = delta.size() - std::min(offset, delta.size());
  const std::uint64_t length = std::min({applier.next_length(), left, kFrameSize});
  if (length == 0) {
    return fail(ErrorKind::kFormat, "ends early: delta of " + std::to_string(delta.size()) + " bytes", "F2");
  }
  buffer.resize(static_cast<std::size_t>(length));
  SKIFF_TRY(delta.read_at(offset, buffer));
  return applier.push(buffer);
}

/// Pushes all that is left of it.
Result<void> push_rest(const Source& delta, Applier& applier, Bytes& buffer) {
  while (!applier.done()) SKIFF_TRY(push_next(delta, applier, buffer));
  return {};
}

}  // namespace

Result<DeltaInfo> apply_delta(const Source& base, const Source& delta, Sink& result,
                              const ApplyOptions& options, const MakeHasher& make_hasher) {
  HashingSink hashed(&result, make_hasher);
  std::optional<BackgroundSink> background;
  if (options.threads > 1) background.emplace(hashed);
  BaseCheck base_check;
  SinkWriter writer(background ? static_cast<Sink&>(*background) : hashed, base_check);
  Applier applier(base, writer, options, make_hasher);
  Bytes buffer;
  buffer.reserve(kFrameSize);
  while (!applier.info()) SKIFF_TRY(push_next(delta, applier, buffer));
  const DeltaInfo& info = *applier.info();
  base_check.begin(base, info.base.sha256, options.threads, make_hasher);
  const Result<void> pushed = push_rest(delta, applier, buffer);
  SKIFF_TRY(base_check.finish());  // what a wrong base leads to is not worth telling
  SKIFF_TRY(pushed);
  if (background) SKIFF_TRY(background->finish());
  if (delta.size() > info.delta_length) {
    return fail(ErrorKind::kFormat,
                "bytes after the last frame, from byte " + std::to_string(info.delta_length), "F13");
  }
  SKIFF_TRY(check_hash(hashed.finish(), info.result.sha256, "result"));
  return info;
}

}  // namespace skiff
