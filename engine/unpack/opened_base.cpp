#include "unpack/opened_base.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace skiff::unpack {

Result<std::unique_ptr<OpenedBase>> OpenedBase::make(const Source& packed, StreamList list,
                                                     const Repackers& repackers, StreamPool* pool) {
  SKIFF_ASSIGN(Layout layout, lay_out(list.streams, packed.size(), list.phase));
  return std::unique_ptr<OpenedBase>(
      new OpenedBase(packed, std::move(list), std::move(layout), repackers, pool));
}

Result<void> OpenedBase::read_at(std::uint64_t offset, MutableBytes out) const {
  if (offset > size() || out.size() > size() - offset)
    return fail(ErrorKind::kUsage, "read past the end of the opened base image");
  const std::lock_guard lock(mutex_);
  while (!out.empty()) {
    const Stretch& stretch = stretch_at(layout_, offset);
    const MutableBytes piece =
        out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), stretch.end - offset)));
    SKIFF_TRY(read_piece(stretch, offset, piece));
    offset += piece.size();
    out = out.subspan(piece.size());
  }
  return {};
}

Result<void> OpenedBase::read_piece(const Stretch& stretch, std::uint64_t offset, MutableBytes out) const {
  const std::uint64_t plain_end = stretch.plain_at + stretch.plain;
  if (offset < plain_end) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), plain_end - offset));
    SKIFF_TRY(packed_.read_at(stretch.packed_at + (offset - stretch.plain_at), out.first(length)));
    offset += length;
    out = out.subspan(length);
  }
  if (offset < stretch.content_at) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), stretch.content_at - offset));
    std::fill_n(out.begin(), length, std::uint8_t{0});
    offset += length;
    out = out.subspan(length);
  }
  const std::uint64_t end = stretch.content_at + stretch.opened;
  const auto length =
      static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end - std::min(end, offset)));
  if (length != 0) {
    SKIFF_ASSIGN(const ByteView bytes, content(stretch));
    const ByteView from =
        bytes.subspan(static_cast<std::size_t>(stretch.from + (offset - stretch.content_at)), length);
    std::copy(from.begin(), from.end(), out.begin());
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(length), out.end(), std::uint8_t{0});
  return {};
}

Result<ByteView> OpenedBase::content(const Stretch& stretch) const {
  const auto index = static_cast<std::uint64_t>(stretch.stream);
  if (!use_cached(index)) {
    const std::uint64_t length = list_.streams[index].opened;
    make_room(length);
    SKIFF_ASSIGN(HeapArray<std::uint8_t> opened, open(stretch));
    cache_.push_front({index, std::move(opened)});
    cached_ += length;
  }
  return ByteView(cache_.front().bytes.span());
}

bool OpenedBase::use_cached(std::uint64_t stream) const {
  const auto known = std::find_if(cache_.begin(), cache_.end(),
                                  [stream](const Opened& opened) { return opened.stream == stream; });
  if (known == cache_.end()) return false;
  cache_.splice(cache_.begin(), cache_, known);
  return true;
}

Packing OpenedBase::packing_of(const Stream& stream) const {
  const Method method = is_predicted(stream.codec) ? list_.methods[stream.method] : Method{stream.codec, {}};
  return {repacker_of(repackers_, stream.codec), method, stream.packed};
}

Result<HeapArray<std::uint8_t>> OpenedBase::open(const Stretch& stretch) const {
  const auto told = [&](Result<void> outcome) -> Result<void> {
    if (outcome) return outcome;
    return fail_with(std::move(outcome).error(), "base image at byte " + std::to_string(stretch.stream_at));
  };
  const auto index = static_cast<std::uint64_t>(stretch.stream);
  if (const auto found = ahead_.find(index); found != ahead_.end()) {
    StreamPool::Task& task = *found->second;
    ahead_.erase(found);
    const Result<void> outcome = told(pool_->finish(task));
    HeapArray<std::uint8_t> opened = std::move(task.content);
    pool_->close(task);
    SKIFF_TRY(outcome);
    return opened;
  }
  const Stream& stream = list_.streams[index];
  const Packing packing = packing_of(stream);
  SKIFF_ASSIGN(HeapArray<std::uint8_t> packed, HeapArray<std::uint8_t>::make(packing.length));
  SKIFF_TRY(packed_.read_at(stretch.stream_at, packed.span()));
  SKIFF_ASSIGN(HeapArray<std::uint8_t> opened, HeapArray<std::uint8_t>::make(stream.opened));
  SKIFF_TRY(told(packing.packer->open(packing.method, packed.span(), opened.span())));
  return opened;
}

bool OpenedBase::will_read(std::uint64_t offset, std::uint64_t length) const {
  if (pool_ == nullptr || offset > size() || length > size() - offset) return true;
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t end = offset + length; offset < end;) {
    const Stretch& stretch = stretch_at(layout_, offset);
    const bool is_read = offset < stretch.content_at + stretch.opened && end > stretch.content_at;
    if (is_read && !open_ahead(stretch)) return false;
    offset = stretch.end;
  }
  return true;
}

bool OpenedBase::open_ahead(const Stretch& stretch) const {
  const auto index = static_cast<std::uint64_t>(stretch.stream);
  const Stream& stream = list_.streams[index];
  if (ahead_.contains(index) || use_cached(index)) return true;
  const StreamJob job{StreamJob::Kind::kOpen, packing_of(stream), stream.opened};
  if (!pool_->may_take(job)) return true;
  StreamPool::Task* task = ahead_.size() < kMostAhead ? pool_->take(job) : nullptr;
  if (task == nullptr) return false;
  if (packed_.read_at(stretch.stream_at, task->packed.span())) {
    pool_->start(*task);
    ahead_.emplace(index, task);
  } else {
    pool_->close(*task);  // the read that wants it tells of it
  }
  return true;
}

void OpenedBase::make_room(std::uint64_t length) const {
  while (!cache_.empty() && (length > kCacheLength || cached_ > kCacheLength - length)) {
    cached_ -= cache_.back().bytes.span().size();
    cache_.pop_back();
  }
}

}  // namespace skiff::unpack
