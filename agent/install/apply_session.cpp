#include "agent/install/apply_session.hpp"

#include <algorithm>

namespace skiff::agent {
namespace {

constexpr std::size_t kBlock = 64 << 10;

/// The segment that the byte at `offset` of the delta lies in, or the end.
std::vector<SegmentInfo>::const_iterator segment_at(const std::vector<SegmentInfo>& segments,
                                                    std::uint64_t offset) {
  return std::upper_bound(segments.begin(), segments.end(), offset,
                          [](std::uint64_t at, const SegmentInfo& segment) {
                            return at < segment.wire_offset + segment.wire_length;
                          });
}

}  // namespace

bool ApplySession::done() const { return complete_ || decoder_->done(); }

ByteRange ApplySession::wanted() const {
  if (done()) return {};
  const std::uint64_t offset = decoder_->next_offset();
  // While the head is unknown its length is too: ask to the end, and break off where it jumps.
  if (decoder_->segments() == nullptr)
    return {offset, options_.delta_length - std::min(offset, options_.delta_length)};
  return {offset, decoder_->next_length()};
}

Result<void> ApplySession::resume_once() {
  const std::vector<SegmentInfo>* segments = decoder_->segments();
  if (resumed_ || segments == nullptr) return {};
  resumed_ = true;
  std::uint64_t segment = options_.segments_done;
  if (segment == 0) return {};
  while (segment < segments->size() && (*segments)[segment].is_map) ++segment;
  if (segment >= segments->size()) {
    complete_ = true;
    return {};
  }
  return decoder_->resume_at(segment);
}

/// How many bytes from the next one on may be in the stash: not past the head or the map they belong to, for
/// behind those are holes.
std::uint64_t ApplySession::stashed_next(UseStash use) const {
  if (done() || use == UseStash::kNothing) return 0;
  const std::vector<SegmentInfo>* segments = decoder_->segments();
  if (segments == nullptr) return decoder_->next_length();
  if (use == UseStash::kHeadOnly) return 0;
  const std::uint64_t offset = decoder_->next_offset();
  const auto segment = segment_at(*segments, offset);
  if (segment == segments->end() || !segment->is_map) return 0;
  return segment->wire_offset + segment->wire_length - offset;
}

Result<void> ApplySession::restore(UseStash use) {
  SKIFF_TRY(resume_once());
  Bytes block(kBlock);
  while (const std::uint64_t length = stashed_next(use)) {
    const MutableBytes part =
        MutableBytes(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(length, block.size())));
    const std::size_t got = stash_.load(decoder_->next_offset(), part);
    if (got == 0) return {};
    SKIFF_TRY(decoder_->push(part.first(got)));
    SKIFF_TRY(resume_once());
  }
  return {};
}

Result<bool> ApplySession::push(ByteView bytes) {
  while (!bytes.empty() && !done()) {
    const std::uint64_t offset = decoder_->next_offset();
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), decoder_->next_length()));
    SKIFF_TRY(push_some(bytes.first(length)));
    bytes = bytes.subspan(length);
    if (decoder_->next_offset() != offset + length) return false;
  }
  return !done();
}

Result<void> ApplySession::push_some(ByteView bytes) {
  // Kept before it is pushed: a segment may be journaled as done inside push(), and its map must be there
  // then.
  SKIFF_TRY(keep(decoder_->next_offset(), bytes));
  SKIFF_TRY(decoder_->push(bytes));
  return resume_once();
}

/// Stashes what of the bytes belongs to the head or to a map segment.
Result<void> ApplySession::keep(std::uint64_t offset, ByteView bytes) {
  const std::vector<SegmentInfo>* segments = decoder_->segments();
  if (segments == nullptr) return stash_.keep(offset, bytes, {offset, bytes.size()});
  const std::uint64_t end = offset + bytes.size();
  for (auto segment = segment_at(*segments, offset); segment != segments->end() && segment->wire_offset < end;
       ++segment) {
    if (segment->is_map) {
      SKIFF_TRY(stash_.keep(offset, bytes, {segment->wire_offset, segment->wire_length}));
    }
  }
  return {};
}

}  // namespace skiff::agent
