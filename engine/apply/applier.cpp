#include "skiff/applier.hpp"

#include <algorithm>
#include <string>

#include "apply/head_stage.hpp"
#include "apply/opened_images.hpp"
#include "apply/segment_pipeline.hpp"

namespace skiff {

/// Knows where in the delta it is: in the head, in a segment, between segments, or at the end.
class Applier::Impl {
 public:
  Impl(const Source& base, ResultWriter& result, ApplyOptions options, MakeHasher make_hasher)
      : base_(base), result_(result), options_(std::move(options)), make_hasher_(std::move(make_hasher)) {}

  Result<void> push(ByteView bytes) {
    return latched([&]() -> Result<void> {
      while (!bytes.empty()) SKIFF_TRY(push_some(bytes));
      return {};
    });
  }

  Result<void> resume_at(std::uint64_t segment) {
    return latched([&] { return jump_to(segment); });
  }

  [[nodiscard]] std::uint64_t next_offset() const {
    if (!info_) return head_.offset();
    if (done()) return info_->delta_length;
    return current().wire_offset + pipeline_->filled();
  }

  [[nodiscard]] std::uint64_t next_length() const {
    if (!info_) return head_.wanted();
    if (done()) return 0;
    return jumps_next() ? pipeline_->wanted() : info_->delta_length - next_offset();
  }

  [[nodiscard]] std::pair<ByteRange, ByteRange> keep() const {
    if (!info_) return {};
    const ByteRange head{.offset = 0, .length = info_->head_length};
    if (done()) return {head, {}};
    const SegmentInfo& map = info_->segments[map_of(segment_)];
    return {head, {.offset = map.wire_offset, .length = map.wire_length}};
  }

  [[nodiscard]] std::pair<std::uint64_t, ByteView> begun_segment() const {
    const bool is_bad = failure_ && failure_->kind == ErrorKind::kSignature;
    if (is_bad || !pipeline_ || done()) return {};
    return {current().wire_offset, pipeline_->wire()};
  }
  [[nodiscard]] const DeltaInfo* info() const { return info_ ? &*info_ : nullptr; }
  [[nodiscard]] bool done() const { return info_ && segment_ == info_->segments.size(); }
  [[nodiscard]] std::uint64_t bytes_authenticated() const {
    return pipeline_ ? pipeline_->bytes_authenticated() : 0;
  }
  [[nodiscard]] std::uint64_t bytes_decoded() const { return pipeline_ ? pipeline_->bytes_decoded() : 0; }

 private:
  /// Runs `step` unless something failed before, and remembers its failure.
  template <typename Step>
  Result<void> latched(Step step) {
    if (!failure_) {
      Result<void> outcome = step();
      if (outcome) return outcome;
      failure_ = std::move(outcome).error();
    }
    return tl::unexpected<Error>(*failure_);
  }

  /// Takes the bytes at the front of `bytes` that belong to the head or to the current segment.
  Result<void> push_some(ByteView& bytes) {
    if (done()) {
      return fail(ErrorKind::kFormat,
                  "bytes after the last frame, from byte " + std::to_string(next_offset()), "F13");
    }
    const std::uint64_t wanted = info_ ? pipeline_->wanted() : head_.wanted();
    const ByteView part =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), wanted)));
    bytes = bytes.subspan(part.size());
    if (!info_) return push_head(part);
    SKIFF_TRY(pipeline_->push(part));
    if (pipeline_->wanted() != 0) return {};
    const bool jumps = jumps_next();
    enter(next_);
    if (jumps && !bytes.empty()) {
      return fail(ErrorKind::kUsage,
                  "bytes pushed past a jump: wanted are those from byte " + std::to_string(next_offset()));
    }
    return {};
  }

  Result<void> push_head(ByteView part) {
    SKIFF_TRY(head_.push(part));
    if (head_.wanted() != 0) return {};
    SKIFF_ASSIGN(DeltaInfo info, head_.take());
    if (base_.size() != info.base.length) {
      return fail(ErrorKind::kMismatch, "a base image of " + std::to_string(base_.size()) +
                                            " bytes, where the delta is for " +
                                            std::to_string(info.base.length));
    }
    info_ = std::move(info);
    SKIFF_ASSIGN(images_, OpenedImages::make(*info_, base_, result_, options_));
    SKIFF_ASSIGN(pipeline_, SegmentPipeline::make(*info_, *images_, make_hasher_));
    enter(0);
    return {};
  }

  Result<void> jump_to(std::uint64_t segment) {
    if (!info_) return fail(ErrorKind::kUsage, "resumed before the head is read");
    if (segment > info_->segments.size())
      return fail(ErrorKind::kUsage, "no segment " + std::to_string(segment));
    if (!done() && pipeline_->filled() != 0) return fail(ErrorKind::kUsage, "resumed within a segment");
    const auto target = static_cast<std::size_t>(segment);
    if (target < info_->segments.size() && !map_is_at_hand(target)) {
      enter(map_of(target));
      next_ = target == segment_ ? target + 1 : target;
    } else {
      enter(target);
    }
    return {};
  }

  /// Makes `segment` the current one, with its successor on the wire to follow.
  void enter(std::size_t segment) {
    segment_ = segment;
    next_ = segment + 1;
    if (!done()) pipeline_->begin(segment);
  }

  [[nodiscard]] bool map_is_at_hand(std::size_t segment) const {
    const SegmentInfo& target = info_->segments[segment];
    return !target.is_map && pipeline_->window() == target.window;
  }
  [[nodiscard]] std::size_t map_of(std::size_t segment) const {
    while (!info_->segments[segment].is_map) --segment;
    return segment;
  }
  [[nodiscard]] const SegmentInfo& current() const { return info_->segments[segment_]; }
  [[nodiscard]] bool jumps_next() const { return next_ != segment_ + 1; }

  const Source& base_;
  ResultWriter& result_;
  ApplyOptions options_;
  MakeHasher make_hasher_;
  HeadStage head_{options_, make_hasher_};
  std::optional<DeltaInfo> info_;
  std::optional<OpenedImages> images_;  ///< what the pipeline reads and writes
  std::unique_ptr<SegmentPipeline> pipeline_;
  std::size_t segment_ = 0;  ///< the current one; as many as there are when done
  std::size_t next_ = 1;     ///< the one after it: its successor on the wire, or where a resume jumps to
  std::optional<Error> failure_;
};

Applier::Applier(const Source& base, ResultWriter& result, ApplyOptions options, MakeHasher make_hasher)
    : impl_(std::make_unique<Impl>(base, result, std::move(options), std::move(make_hasher))) {}
Applier::~Applier() = default;
Applier::Applier(Applier&&) noexcept = default;
Applier& Applier::operator=(Applier&&) noexcept = default;

Result<void> Applier::push(ByteView bytes) { return impl_->push(bytes); }
Result<void> Applier::resume_at(std::uint64_t segment) { return impl_->resume_at(segment); }
std::uint64_t Applier::next_offset() const { return impl_->next_offset(); }
std::uint64_t Applier::next_length() const { return impl_->next_length(); }
std::pair<ByteRange, ByteRange> Applier::keep() const { return impl_->keep(); }
std::pair<std::uint64_t, ByteView> Applier::begun_segment() const { return impl_->begun_segment(); }
const DeltaInfo* Applier::info() const { return impl_->info(); }
bool Applier::done() const { return impl_->done(); }
std::uint64_t Applier::bytes_authenticated() const { return impl_->bytes_authenticated(); }
std::uint64_t Applier::bytes_decoded() const { return impl_->bytes_decoded(); }

}  // namespace skiff
