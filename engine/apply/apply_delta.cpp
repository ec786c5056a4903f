#include <algorithm>
#include <string>

#include "skiff/applier.hpp"

namespace skiff {
namespace {

/// A result written in order from 0 on is what a sink takes.
class SinkWriter final : public ResultWriter {
 public:
  explicit SinkWriter(Sink& sink) : sink_(sink) {}
  Result<void> write_at(std::uint64_t, ByteView bytes) override { return sink_.write(bytes); }
  Result<void> segment_done(std::uint64_t) override { return {}; }

 private:
  Sink& sink_;
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

Result<void> check_hash(const Sha256& found, const Sha256& wanted, std::string_view image) {
  if (found == wanted) return {};
  return fail(ErrorKind::kMismatch,
              std::string(image) + " image is " + found.hex() + ", where the delta says " + wanted.hex());
}

}  // namespace

Result<DeltaInfo> apply_delta(const Source& base, const Source& delta, Sink& result,
                              const ApplyOptions& options, const MakeHasher& make_hasher) {
  HashingSink hashed(&result, make_hasher);
  SinkWriter writer(hashed);
  Applier applier(base, writer, options, make_hasher);
  Bytes buffer;
  buffer.reserve(kFrameSize);
  while (!applier.info()) SKIFF_TRY(push_next(delta, applier, buffer));
  const DeltaInfo& info = *applier.info();
  SKIFF_ASSIGN(const Sha256 base_hash, hash_source(base, make_hasher));
  SKIFF_TRY(check_hash(base_hash, info.base.sha256, "base"));
  while (!applier.done()) SKIFF_TRY(push_next(delta, applier, buffer));
  if (delta.size() > info.delta_length) {
    return fail(ErrorKind::kFormat,
                "bytes after the last frame, from byte " + std::to_string(info.delta_length), "F13");
  }
  SKIFF_TRY(check_hash(hashed.finish(), info.result.sha256, "result"));
  return info;
}

}  // namespace skiff
