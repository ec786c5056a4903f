#include "agent/install/begun_segment.hpp"

#include "agent/system/words.hpp"

namespace skiff::agent {

BegunSegment BegunSegmentFile::load(std::uint64_t max_length) {
  Result<Bytes> kept = read_small(storage_, path_, max_length + kWord);
  if (!kept || kept->size() < kWord) return {};
  BegunSegment segment;
  segment.offset = word_of(ByteView(*kept).last(kWord));
  kept->resize(kept->size() - kWord);
  segment.wire = *std::move(kept);
  end_ = segment.offset + segment.wire.size();
  return segment;
}

Result<void> BegunSegmentFile::keep(BegunSegment segment) {
  const std::uint64_t end = segment.offset + segment.wire.size();
  if (segment.wire.empty() || end == end_) return {};
  put_word(segment.wire, segment.offset);
  SKIFF_ASSIGN(const auto file, storage_.open(path_, Access::kNew));
  SKIFF_TRY(file->write_at(0, segment.wire));
  end_ = end;
  return {};
}

Result<void> BegunSegmentFile::remove() {
  end_ = 0;
  return storage_.remove(path_);
}

}  // namespace skiff::agent
