// PackingPool: threads that pack streams while the one that makes their content goes on.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <vector>

#include "base/heap_array.hpp"
#include "unpack/exact_packing.hpp"

namespace skiff::unpack {

/// All is called by one thread, which packs, too, while it has to wait. Threads begin with the streams that
/// there are for them; where none can, that one packs all. They take no signals and make no call but the
/// re-packer's, and those of memory and mutual exclusion.
class PackingPool {
 public:
  /// A stream on its way.
  struct Task {
    HeapArray<std::uint8_t> content;  ///< to be filled before start()
    HeapArray<std::uint8_t> packed;   ///< the stream, after an outcome without error

   private:
    friend class PackingPool;
    Packing packing;
    Result<void> outcome;
    bool done = false;
  };

  /// Streams are packed by as many threads, that of the caller with them. `room`: the bytes that all of it
  /// may take at most, but for what the caller's thread takes to pack one.
  PackingPool(unsigned threads, std::uint64_t room) : threads_(threads), room_(room) {}
  ~PackingPool();
  PackingPool(const PackingPool&) = delete;
  PackingPool& operator=(const PackingPool&) = delete;

  /// Takes bytes from the room for good; false if they are not there.
  bool reserve(std::uint64_t bytes);
  /// Whether there is ever room for a stream.
  [[nodiscard]] bool may_open(const Packing& packing, std::uint64_t opened) const;
  /// A task for a stream; null if there is no room for one more now.
  Task* open(const Packing& packing, std::uint64_t opened);
  /// The content is there.
  void start(Task& task);
  [[nodiscard]] bool is_done(const Task& task);
  /// Waits for a task that was started. Errors: pack_exactly()'s.
  Result<void> finish(Task& task);
  /// Frees a task that is done, or was not started.
  void close(Task& task);

 private:
  static void* work(void* pool);
  void add_thread();
  /// Packs the stream that has waited the longest; false if none waits.
  bool pack_next(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool has_room(const Packing& packing, std::uint64_t opened, bool alone) const;

  unsigned threads_;
  std::uint64_t room_;
  std::list<Task> tasks_;
  std::vector<pthread_t> workers_;
  std::mutex mutex_;  ///< guards what follows, and of each task what becomes of it
  std::condition_variable changed_;
  std::deque<Task*> waiting_;
  bool ends_ = false;
};

}  // namespace skiff::unpack
