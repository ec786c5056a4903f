// OutputQueue: what is to be written to a packed result behind streams that are still being packed, in its
// order.
#pragma once

#include <deque>
#include <optional>

#include "skiff/applier.hpp"
#include "unpack/stream_pool.hpp"

namespace skiff::unpack {

class OutputQueue {
 public:
  /// Takes a part of the pool's room for plain bytes that wait. Both must outlive the queue. Null: there is
  /// too little.
  static std::unique_ptr<OutputQueue> make(StreamPool& pool, ResultWriter& packed);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// Plain bytes at `offset`. Errors of this and the others: the writer's, and those of streams, which name
  /// where in the result they are. After one nothing more is written, and every call gives it.
  Result<void> put(std::uint64_t offset, ByteView plain);
  /// The stream of a task that was started, at `offset`.
  Result<void> put(std::uint64_t offset, StreamPool::Task& task);
  /// Writes what comes first, when it is there.
  Result<void> advance();
  /// Writes everything.
  Result<void> settle();

 private:
  struct Entry {
    std::uint64_t offset = 0;
    StreamPool::Task* task = nullptr;
    std::size_t plain = 0;  ///< without a task: how many of the plain bytes that wait
  };

  OutputQueue(StreamPool& pool, ResultWriter& packed, HeapArray<std::uint8_t> room)
      : pool_(pool), packed_(packed), plain_(std::move(room)) {}
  Result<void> write_first();
  Result<void> write_stream(const Entry& entry);
  Result<void> write_plain(const Entry& entry);

  StreamPool& pool_;
  ResultWriter& packed_;
  std::deque<Entry> entries_;
  std::optional<Error> failure_;
  HeapArray<std::uint8_t> plain_;  ///< a ring
  std::size_t first_ = 0;          ///< in the ring
  std::size_t held_ = 0;
};

}  // namespace skiff::unpack
