#include "unpack/packing_pool.hpp"

#include <signal.h>

#include <algorithm>

namespace skiff::unpack {
namespace {

constexpr std::size_t kStack = std::size_t{1} << 20;  ///< of a thread; liblz4 has 64 KiB of tables there
constexpr std::size_t kAhead = 2;                     ///< tasks for each thread: one is packed, one waits

/// Fills what there is room for.
class RoomSink final : public Sink {
 public:
  explicit RoomSink(MutableBytes room) : room_(room) {}
  Result<void> write(ByteView bytes) override {
    std::copy(bytes.begin(), bytes.end(), room_.begin());
    room_ = room_.subspan(bytes.size());
    return {};
  }

 private:
  MutableBytes room_;
};

/// Signals are the program's, not those of a thread of a library.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

PackingPool::~PackingPool() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (const pthread_t worker : workers_) ::pthread_join(worker, nullptr);
}

bool PackingPool::reserve(std::uint64_t bytes) {
  if (bytes > room_) return false;
  room_ -= bytes;
  return true;
}

bool PackingPool::may_open(const Packing& packing, std::uint64_t opened) const {
  return has_room(packing, opened, true);
}

/// Each thread that a task keeps busy packs the costliest of them in the worst case.
bool PackingPool::has_room(const Packing& packing, std::uint64_t opened, bool alone) const {
  if (threads_ <= 1 || runs_threads(packing.method)) return false;
  if (opened > room_ || packing.length > room_ - opened) return false;
  std::uint64_t held = opened + packing.length;
  std::uint64_t costliest = packing_memory(packing.method, opened);
  std::size_t tasks = 1;
  for (const Task& task : tasks_) {
    if (alone) break;
    const std::uint64_t content = task.content.span().size();
    held += content + task.packed.span().size();
    costliest = std::max(costliest, packing_memory(task.packing.method, content));
    ++tasks;
  }
  const std::size_t threads = std::min<std::size_t>(tasks, threads_ - 1);
  return tasks <= kAhead * threads_ && held <= room_ && costliest + kStack <= (room_ - held) / threads;
}

PackingPool::Task* PackingPool::open(const Packing& packing, std::uint64_t opened) {
  if (!has_room(packing, opened, false)) return nullptr;
  Result<HeapArray<std::uint8_t>> content = HeapArray<std::uint8_t>::make(opened);
  Result<HeapArray<std::uint8_t>> packed = HeapArray<std::uint8_t>::make(packing.length);
  if (!content || !packed) return nullptr;
  Task& task = tasks_.emplace_back();
  task.content = std::move(*content);
  task.packed = std::move(*packed);
  task.packing = packing;
  return &task;
}

void PackingPool::start(Task& task) {
  if (workers_.size() + 1 < threads_) add_thread();
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(&task);
  }
  changed_.notify_all();
}

void PackingPool::add_thread() {
  const SignalsBlocked blocked;
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStack);
  pthread_t worker{};
  if (::pthread_create(&worker, &attributes, work, this) == 0) {
    workers_.push_back(worker);
  } else {
    threads_ = static_cast<unsigned>(workers_.size()) + 1;
  }
  ::pthread_attr_destroy(&attributes);
}

void* PackingPool::work(void* pool) {
  auto& own = *static_cast<PackingPool*>(pool);
  std::unique_lock lock(own.mutex_);
  while (!own.ends_) {
    if (!own.pack_next(lock)) own.changed_.wait(lock);
  }
  return nullptr;
}

bool PackingPool::pack_next(std::unique_lock<std::mutex>& lock) {
  if (waiting_.empty()) return false;
  Task& task = *waiting_.front();
  waiting_.pop_front();
  lock.unlock();
  RoomSink sink(task.packed.span());
  Result<void> outcome = pack_exactly(task.packing, task.content.span(), sink);
  lock.lock();
  task.outcome = std::move(outcome);
  task.done = true;
  changed_.notify_all();
  return true;
}

bool PackingPool::is_done(const Task& task) {
  const std::lock_guard lock(mutex_);
  return task.done;
}

Result<void> PackingPool::finish(Task& task) {
  std::unique_lock lock(mutex_);
  while (!task.done) {
    if (!pack_next(lock)) changed_.wait(lock);
  }
  return task.outcome;
}

void PackingPool::close(Task& task) {
  tasks_.remove_if([&task](const Task& other) { return &other == &task; });
}

}  // namespace skiff::unpack
