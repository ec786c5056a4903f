#include "deltas/delta_maker.hpp"

#include "skiff/applier.hpp"
#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

/// A server can give a decoder what no device could: whether devices can is for the planner to say.
constexpr std::uint64_t kMaxDecoderMemory = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxHead = std::uint64_t{64} << 20;

/// Takes the result of a trial and stops it where the server is to stop.
class TrialSink final : public Sink {
 public:
  explicit TrialSink(const std::function<bool()>& keep_going)
      : keep_going_(keep_going), hashing_(nullptr, make_sha256) {}
  Result<void> write(ByteView bytes) override {
    if (!keep_going_()) return fail(ErrorKind::kCancelled, "stopped while trying a delta");
    return hashing_.write(bytes);
  }
  Sha256 finish() { return hashing_.finish(); }

 private:
  const std::function<bool()>& keep_going_;
  HashingSink hashing_;
};

Result<void> try_delta(const ImagePair& pair, const Source& base, const Source& delta,
                       const std::function<bool()>& keep_going) {
  ApplyOptions options;
  options.max_memory = kMaxDecoderMemory;
  options.max_head = kMaxHead;
  options.repackers = all_repackers();
  options.base = pair.base;
  options.result = pair.result;
  TrialSink sink(keep_going);
  SKIFF_TRY(apply_delta(base, delta, sink, options, make_sha256));
  if (sink.finish() != pair.result.sha256) {
    return fail(ErrorKind::kMismatch, "the delta, applied, gives another image than it was made for");
  }
  return {};
}

}  // namespace

MadeDelta::~MadeDelta() {
  std::error_code ignored;
  if (!file_.empty()) fs::remove(file_, ignored);
}

Result<MadeDelta> make_delta(const ImagePair& pair, const Source& base, const Source& result,
                             const MakerOptions& options, const std::function<bool()>& keep_going) {
  const fs::path file = options.work_folder / (pair.base.sha256.hex().substr(0, 16) + "-" +
                                               pair.result.sha256.hex().substr(0, 16) + ".skd");
  SKIFF_ASSIGN(const std::unique_ptr<FileSink> sink, create_file(file));
  DiffOptions diff;
  diff.codec = pair.base.length == 0 ? Codec::kZstd : options.codec;
  diff.profile = options.profile;
  if (options.open) diff.repackers = all_repackers();
  diff.max_memory = options.max_memory;
  diff.threads = options.threads;
  diff.progress = [&keep_going](std::string_view, double) { return keep_going(); };
  SKIFF_TRY(build_delta(base, result, *sink, diff, make_sha256));
  SKIFF_TRY(sink->commit());
  SKIFF_ASSIGN(std::unique_ptr<Source> source, open_source(file));
  MadeDelta made(file, std::move(source));
  SKIFF_TRY(try_delta(pair, base, made.source(), keep_going));
  return made;
}

}  // namespace skiff::server
