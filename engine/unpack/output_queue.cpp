#include "unpack/output_queue.hpp"

#include <algorithm>

namespace skiff::unpack {
namespace {

// Plain bytes that may wait: an eighth of the room, the rest is for streams.
constexpr std::uint64_t kPartOfRoom = 8;
constexpr std::uint64_t kLeastPlain = std::uint64_t{64} << 10;
constexpr std::uint64_t kMostPlain = std::uint64_t{1} << 20;

}  // namespace

std::unique_ptr<OutputQueue> OutputQueue::make(StreamPool& pool, ResultWriter& packed) {
  const std::uint64_t length = std::clamp(pool.room() / kPartOfRoom, kLeastPlain, kMostPlain);
  if (!pool.reserve(length)) return nullptr;
  Result<HeapArray<std::uint8_t>> room = HeapArray<std::uint8_t>::make(length);
  if (!room) return nullptr;
  return std::unique_ptr<OutputQueue>(new OutputQueue(pool, packed, std::move(*room)));
}

Result<void> OutputQueue::put(std::uint64_t offset, ByteView plain) {
  const MutableBytes ring = plain_.span();
  while (!plain.empty() && !empty()) {
    if (held_ == ring.size()) {
      SKIFF_TRY(advance());
      continue;
    }
    const std::size_t at = (first_ + held_) % ring.size();
    const std::size_t length = std::min({plain.size(), ring.size() - held_, ring.size() - at});
    std::copy_n(plain.begin(), length, ring.begin() + static_cast<std::ptrdiff_t>(at));
    Entry& last = entries_.back();
    if (last.task == nullptr && last.offset + last.plain == offset && at != 0) {
      last.plain += length;
    } else {
      entries_.push_back({.offset = offset, .plain = length});
    }
    held_ += length;
    offset += length;
    plain = plain.subspan(length);
  }
  return plain.empty() ? Result<void>{} : packed_.write_at(offset, plain);
}

Result<void> OutputQueue::put(std::uint64_t offset, StreamPool::Task& task) {
  entries_.push_back({.offset = offset, .task = &task});
  while (!empty() && (entries_.front().task == nullptr || pool_.is_done(*entries_.front().task)))
    SKIFF_TRY(advance());
  return {};
}

Result<void> OutputQueue::advance() {
  if (!failure_) {
    Result<void> written = write_first();
    if (written) return written;
    failure_ = std::move(written).error();
  }
  return tl::unexpected<Error>(*failure_);
}

Result<void> OutputQueue::settle() {
  while (!empty() || failure_) SKIFF_TRY(advance());
  return {};
}

Result<void> OutputQueue::write_first() {
  const Entry entry = entries_.front();
  entries_.pop_front();
  return entry.task != nullptr ? write_stream(entry) : write_plain(entry);
}

Result<void> OutputQueue::write_stream(const Entry& entry) {
  Result<void> packed = pool_.finish(*entry.task);
  packed = packed ? packed_.write_at(entry.offset, entry.task->packed.span())
                  : fail_at(std::move(packed).error(), entry.offset);
  pool_.close(*entry.task);
  return packed;
}

Result<void> OutputQueue::write_plain(const Entry& entry) {
  const ByteView bytes = plain_.span().subspan(first_, entry.plain);
  first_ = (first_ + entry.plain) % plain_.span().size();
  held_ -= entry.plain;
  return packed_.write_at(entry.offset, bytes);
}

}  // namespace skiff::unpack
