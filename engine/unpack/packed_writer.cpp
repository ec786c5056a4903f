#include "unpack/packed_writer.hpp"

#include <algorithm>
#include <string>

namespace skiff::unpack {

namespace {

/// Whether a stream of the result is packed by the method.
bool packs(const Level& level, std::size_t method) {
  return std::any_of(level.result.begin(), level.result.end(),
                     [method](const Stream& stream) { return stream.method == method; });
}

}  // namespace

/// Puts a stream's packed bytes where they belong, and no more than the recipe says.
class PackedWriter::StreamSink final : public Sink {
 public:
  StreamSink(ResultWriter& packed, std::uint64_t offset, std::uint64_t length)
      : packed_(packed), offset_(offset), left_(length) {}

  Result<void> write(ByteView bytes) override {
    if (bytes.size() > left_) return other_length();
    const std::uint64_t at = offset_;
    offset_ += bytes.size();
    left_ -= bytes.size();
    return packed_.write_at(at, bytes);
  }
  Result<void> finish() const { return left_ == 0 ? Result<void>{} : other_length(); }

 private:
  static tl::unexpected<Error> other_length() {
    return fail(ErrorKind::kMismatch, "a stream packs to another length than the recipe says", "F33");
  }

  ResultWriter& packed_;
  std::uint64_t offset_;
  std::uint64_t left_;
};

Result<std::unique_ptr<PackedWriter>> PackedWriter::make(Level level, std::uint64_t packed_length,
                                                         const Repackers& repackers, ResultWriter& packed) {
  std::vector<const Repacker*> packers;
  for (std::size_t i = 0; i < level.methods.size(); ++i) {
    packers.push_back(repacker_of(repackers, level.methods[i].codec));
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
      new PackedWriter(std::move(level), std::move(layout), std::move(packers), packed));
  SKIFF_ASSIGN(writer->content_, HeapArray<std::uint8_t>::make(longest));
  return writer;
}

Result<void> PackedWriter::write_at(std::uint64_t offset, ByteView bytes) {
  if (offset > layout_.length || bytes.size() > layout_.length - offset)
    return fail(ErrorKind::kUsage, "bytes past the end of the opened result");
  if (offset != offset_) {
    offset_ = offset;
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
    SKIFF_TRY(packed_.write_at(stretch.packed_at + (at - stretch.plain_at), part));
  } else if (at >= stretch.content_at && at < content_end) {
    std::copy(
        part.begin(), part.end(),
        content_.span().begin() + static_cast<std::ptrdiff_t>(stretch.from + (at - stretch.content_at)));
    const Stream& stream = level_.result[static_cast<std::size_t>(stretch.stream)];
    if (stretch.from + (offset_ - stretch.content_at) == stream.opened) SKIFF_TRY(pack(stretch));
  }
  return part.size();
}

Result<void> PackedWriter::pack(const Stretch& stretch) {
  const Stream& stream = level_.result[static_cast<std::size_t>(stretch.stream)];
  StreamSink sink(packed_, stretch.stream_at, stream.packed);
  const ByteView content = content_.span().first(static_cast<std::size_t>(stream.opened));
  auto packed = packers_[stream.method]->pack(level_.methods[stream.method], content, sink);
  if (packed) packed = sink.finish();
  if (!packed)
    return fail_with(std::move(packed).error(), "result image at byte " + std::to_string(stretch.stream_at));
  return {};
}

bool PackedWriter::between_streams() const {
  if (offset_ == layout_.length) return true;
  const Stretch& stretch = stretch_at(layout_, offset_);
  const bool within = offset_ < stretch.content_at + stretch.opened;
  return !within || (stretch.from == 0 && offset_ <= stretch.content_at);
}

}  // namespace skiff::unpack
