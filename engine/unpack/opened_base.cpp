#include "unpack/opened_base.hpp"

#include <algorithm>

namespace skiff::unpack {

Result<std::unique_ptr<OpenedBase>> OpenedBase::make(const Source& packed, StreamList list,
                                                     const Repackers& repackers) {
  SKIFF_ASSIGN(Layout layout, lay_out(list.streams, packed.size(), list.phase));
  return std::unique_ptr<OpenedBase>(new OpenedBase(packed, std::move(list), std::move(layout), repackers));
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
  const auto known = std::find_if(cache_.begin(), cache_.end(),
                                  [&](const Opened& opened) { return opened.stream == stretch.stream; });
  if (known != cache_.end()) {
    cache_.splice(cache_.begin(), cache_, known);
    return ByteView(cache_.front().bytes.span());
  }
  const Stream& stream = list_.streams[static_cast<std::size_t>(stretch.stream)];
  make_room(stream.opened);
  SKIFF_ASSIGN(HeapArray<std::uint8_t> packed, HeapArray<std::uint8_t>::make(stream.packed));
  SKIFF_TRY(packed_.read_at(stretch.stream_at, packed.span()));
  SKIFF_ASSIGN(HeapArray<std::uint8_t> opened, HeapArray<std::uint8_t>::make(stream.opened));
  const Method method = is_predicted(stream.codec) ? list_.methods[stream.method] : Method{stream.codec, {}};
  if (auto done = repacker_of(repackers_, stream.codec)->open(method, packed.span(), opened.span()); !done) {
    return fail_with(std::move(done).error(), "base image at byte " + std::to_string(stretch.stream_at));
  }
  cache_.push_front({stretch.stream, std::move(opened)});
  cached_ += stream.opened;
  return ByteView(cache_.front().bytes.span());
}

void OpenedBase::make_room(std::uint64_t length) const {
  while (!cache_.empty() && (length > kCacheLength || cached_ > kCacheLength - length)) {
    cached_ -= cache_.back().bytes.span().size();
    cache_.pop_back();
  }
}

}  // namespace skiff::unpack
