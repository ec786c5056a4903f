// StreamPool: threads that open and pack streams while the one that needs their bytes, or makes them, goes
// on.
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

/// What is to become of a stream.
struct StreamJob {
  enum class Kind : std::uint8_t { kOpen, kPack };
  Kind kind = Kind::kPack;
  Packing packing;
  std::uint64_t opened = 0;  ///< bytes of its content
};

/// All is called by one thread, which works, too, while it has to wait. Threads begin with the streams that
/// there are for them; where none can, that one does all. They take no signals and make no call but the
/// re-packer's, and those of memory and mutual exclusion.
class StreamPool {
 public:
  /// A stream on its way: that form of it that there is, to be filled before start(), and the other one,
  /// which is there after an outcome without error.
  struct Task {
    HeapArray<std::uint8_t> content;
    HeapArray<std::uint8_t> packed;

   private:
    friend class StreamPool;
    StreamJob job;
    Result<void> outcome;
    bool is_done = false;
  };

  /// There are as many threads, that of the caller with them. `room`: the bytes that all of it may take at
  /// most, but for what the caller's thread takes for one stream.
  StreamPool(unsigned threads, std::uint64_t room) : threads_(threads), room_(room) {}
  ~StreamPool();
  StreamPool(const StreamPool&) = delete;
  StreamPool& operator=(const StreamPool&) = delete;

  /// Bytes that are not taken for good.
  [[nodiscard]] std::uint64_t room() const { return room_; }
  /// Takes bytes from the room for good; false if they are not there.
  bool reserve(std::uint64_t bytes);
  /// Whether there is ever room for a stream.
  [[nodiscard]] bool may_take(const StreamJob& job) const;
  /// A task for a stream; null if there is no room for one more now.
  Task* take(const StreamJob& job);
  /// What it begins with is there.
  void start(Task& task);
  [[nodiscard]] bool is_done(const Task& task);
  /// Waits for a task that was started, or does it. Errors: pack_exactly()'s, or those of Repacker::open().
  Result<void> finish(Task& task);
  /// Frees a task that is done, or was not started.
  void close(Task& task);

 private:
  static void* work(void* pool);
  void add_thread();
  static Result<void> outcome_of(Task& task);
  /// Does one of the tasks that wait.
  void work_on(Task& task, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool has_room(const StreamJob& job, bool alone) const;

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
