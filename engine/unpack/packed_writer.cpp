#include "unpack/packed_writer.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace skiff::unpack {
namespace {

/// Puts bytes where they belong.
class WriterSink final : public Sink {
 public:
  WriterSink(ResultWriter& writer, std::uint64_t offset) : writer_(writer), offset_(offset) {}
  Result<void> write(ByteView bytes) override {
    const std::uint64_t at = offset_;
    offset_ += bytes.size();
    Result<void> written = writer_.write_at(at, bytes);
    failed_ = !written;
    return written;
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  ResultWriter& writer_;
  std::uint64_t offset_;
  bool failed_ = false;
};

/// Whether a stream of the result is packed by the method.
bool packs(const Level& level, std::size_t method) {
  return std::any_of(level.result.begin(), level.result.end(),
                     [method](const Stream& stream) { return stream.method == method; });
}

}  // namespace

Result<std::unique_ptr<PackedWriter>> PackedWriter::make(Level level, std::uint64_t packed_length,
                                                         const Way& way) {
  std::vector<const Repacker*> packers;
  for (std::size_t i = 0; i < level.methods.size(); ++i) {
    packers.push_back(repacker_of(way.repackers, level.methods[i].codec));
    const std::uint64_t own = packers.back()->version();
    if (level.versions[i] == own || (level.versions[i] == kAnyVersion && !packs(level, i))) continue;
    return fail(ErrorKind::kUnsupported,
                "streams are packed by version " + std::to_string(level.versions[i]) +
                    " of a library that is here of version " + std::to_string(own),
                "F32");
  }
  SKIFF_ASSIGN(Layout layout, lay_out(level.result, packed_length, level.phase));
  std::uint64_t longest = 0;
  for (const Stream& stream : level.result) longest = std::max(longest, stream.opened);
  std::unique_ptr<PackedWriter> writer(
      new PackedWriter(std::move(level), std::move(layout), std::move(packers), way));
  SKIFF_ASSIGN(writer->content_, HeapArray<std::uint8_t>::make(longest));
  if (way.pool != nullptr && writer->level_.result.size() > 1)
    writer->queue_ = OutputQueue::make(*way.pool, way.packed);
  return writer;
}

Result<void> PackedWriter::write_at(std::uint64_t offset, ByteView bytes) {
  if (offset > layout_.length || bytes.size() > layout_.length - offset)
    return fail(ErrorKind::kUsage, "bytes past the end of the opened result");
  if (offset != offset_) {
    offset_ = offset;
    drop_task();
    if (!between_streams())
      return fail(ErrorKind::kUsage, "a resume within a stream, at byte " + std::to_string(offset));
  }
  while (!bytes.empty()) {
    SKIFF_ASSIGN(const std::size_t taken, take(bytes));
    bytes = bytes.subspan(taken);
  }
  return {};
}

Result<void> PackedWriter::segment_done(std::uint64_t segment) {
  return between_streams() ? packed_.segment_done(segment) : Result<void>{};
}

Result<void> PackedWriter::settle() { return queue_ ? queue_->settle() : Result<void>{}; }

Result<std::size_t> PackedWriter::take(ByteView bytes) {
  const Stretch& stretch = stretch_at(layout_, offset_);
  const std::uint64_t plain_end = stretch.plain_at + stretch.plain;
  const std::uint64_t content_end = stretch.content_at + stretch.opened;
  const std::uint64_t end = offset_ < plain_end            ? plain_end
                            : offset_ < stretch.content_at ? stretch.content_at
                            : offset_ < content_end        ? content_end
                                                           : stretch.end;
  const ByteView part =
      bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), end - offset_)));
  const std::uint64_t at = offset_;
  offset_ += part.size();
  if (at < plain_end) {
    SKIFF_TRY(write_plain(stretch.packed_at + (at - stretch.plain_at), part));
  } else if (at >= stretch.content_at && at < content_end) {
    SKIFF_TRY(take_content(stretch, stretch.from + (at - stretch.content_at), part));
  }
  return part.size();
}

Result<void> PackedWriter::write_plain(std::uint64_t offset, ByteView bytes) {
  return queue_ ? queue_->put(offset, bytes) : packed_.write_at(offset, bytes);
}

/// Bytes of a stream's content, where in it they belong; with the last of them it is packed.
Result<void> PackedWriter::take_content(const Stretch& stretch, std::uint64_t from, ByteView bytes) {
  const Stream& stream = level_.result[static_cast<std::size_t>(stretch.stream)];
  if (from == 0 && queue_) SKIFF_TRY(open_task(stream));
  const MutableBytes content = task_ != nullptr ? task_->content.span() : content_.span();
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(from));
  return from + bytes.size() == stream.opened ? pack(stretch) : Result<void>{};
}

Packing PackedWriter::packing_of(const Stream& stream) const {
  return {packers_[stream.method], level_.methods[stream.method], stream.packed};
}

/// Streams that wait make room for it, if there is ever enough.
Result<void> PackedWriter::open_task(const Stream& stream) {
  const StreamJob job{StreamJob::Kind::kPack, packing_of(stream), stream.opened};
  if (!pool_->may_take(job)) return {};
  for (;;) {
    task_ = pool_->take(job);
    if (task_ != nullptr || queue_->empty()) return {};
    SKIFF_TRY(queue_->advance());
  }
}

void PackedWriter::drop_task() {
  if (task_ != nullptr) pool_->close(*task_);
  task_ = nullptr;
}

Result<void> PackedWriter::pack(const Stretch& stretch) {
  if (StreamPool::Task* task = std::exchange(task_, nullptr)) {
    pool_->start(*task);
    return queue_->put(stretch.stream_at, *task);
  }
  SKIFF_TRY(settle());
  const Stream& stream = level_.result[static_cast<std::size_t>(stretch.stream)];
  WriterSink sink(packed_, stretch.stream_at);
  const ByteView content = content_.span().first(static_cast<std::size_t>(stream.opened));
  Result<void> packed = pack_exactly(packing_of(stream), content, sink);
  if (packed || sink.failed()) return packed;
  return fail_at(std::move(packed).error(), stretch.stream_at);
}

bool PackedWriter::between_streams() const {
  if (offset_ == layout_.length) return true;
  const Stretch& stretch = stretch_at(layout_, offset_);
  const bool within = offset_ < stretch.content_at + stretch.opened;
  return !within || (stretch.from == 0 && offset_ <= stretch.content_at);
}

}  // namespace skiff::unpack
