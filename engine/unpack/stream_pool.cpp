#include "unpack/stream_pool.hpp"

#include <signal.h>

#include <algorithm>

namespace skiff::unpack {
namespace {

constexpr std::size_t kStack = std::size_t{1} << 20;  ///< of a thread; liblz4 has 64 KiB of tables there
constexpr std::size_t kAhead = 16;  ///< tasks for each thread: one is worked on, others wait

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

StreamPool::~StreamPool() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (const pthread_t worker : workers_) ::pthread_join(worker, nullptr);
}

bool StreamPool::reserve(std::uint64_t bytes) {
  if (bytes > room_) return false;
  room_ -= bytes;
  return true;
}

bool StreamPool::may_take(const StreamJob& job) const { return has_room(job, true); }

/// Each thread that a task keeps busy does the costliest of them in the worst case. Opening takes no more
/// than packing does, and leaves half of the room to that.
bool StreamPool::has_room(const StreamJob& job, bool alone) const {
  if (threads_ <= 1 || runs_threads(job.packing.method)) return false;
  const std::uint64_t room = job.kind == StreamJob::Kind::kOpen ? room_ / 2 : room_;
  if (job.opened > room || job.packing.length > room - job.opened) return false;
  std::uint64_t held = job.opened + job.packing.length;
  std::uint64_t costliest = packing_memory(job.packing.method, job.opened);
  std::size_t tasks = 1;
  for (const Task& task : tasks_) {
    if (alone) break;
    held += task.job.opened + task.job.packing.length;
    costliest = std::max(costliest, packing_memory(task.job.packing.method, task.job.opened));
    ++tasks;
  }
  const std::size_t threads = std::min<std::size_t>(tasks, threads_ - 1);
  return tasks <= kAhead * threads_ && held <= room && costliest + kStack <= (room - held) / threads;
}

StreamPool::Task* StreamPool::take(const StreamJob& job) {
  if (!has_room(job, false)) return nullptr;
  Result<HeapArray<std::uint8_t>> content = HeapArray<std::uint8_t>::make(job.opened);
  Result<HeapArray<std::uint8_t>> packed = HeapArray<std::uint8_t>::make(job.packing.length);
  if (!content || !packed) return nullptr;
  Task& task = tasks_.emplace_back();
  task.content = std::move(*content);
  task.packed = std::move(*packed);
  task.job = job;
  return &task;
}

void StreamPool::start(Task& task) {
  if (workers_.size() + 1 < threads_) add_thread();
  {
    const std::lock_guard lock(mutex_);
    // What is opened is wanted next, and soon done.
    const auto first_to_pack = std::find_if(waiting_.begin(), waiting_.end(), [](const Task* waiting) {
      return waiting->job.kind == StreamJob::Kind::kPack;
    });
    waiting_.insert(task.job.kind == StreamJob::Kind::kOpen ? first_to_pack : waiting_.end(), &task);
  }
  changed_.notify_all();
}

void StreamPool::add_thread() {
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

void* StreamPool::work(void* pool) {
  auto& own = *static_cast<StreamPool*>(pool);
  std::unique_lock lock(own.mutex_);
  while (!own.ends_) {
    if (own.waiting_.empty()) {
      own.changed_.wait(lock);
    } else {
      own.work_on(*own.waiting_.front(), lock);
    }
  }
  return nullptr;
}

void StreamPool::work_on(Task& task, std::unique_lock<std::mutex>& lock) {
  std::erase(waiting_, &task);
  lock.unlock();
  Result<void> outcome = outcome_of(task);
  lock.lock();
  task.outcome = std::move(outcome);
  task.is_done = true;
  changed_.notify_all();
}

Result<void> StreamPool::outcome_of(Task& task) {
  const Packing& packing = task.job.packing;
  if (task.job.kind == StreamJob::Kind::kOpen)
    return packing.packer->open(packing.method, task.packed.span(), task.content.span());
  RoomSink sink(task.packed.span());
  return pack_exactly(packing, task.content.span(), sink);
}

bool StreamPool::is_done(const Task& task) {
  const std::lock_guard lock(mutex_);
  return task.is_done;
}

Result<void> StreamPool::finish(Task& task) {
  std::unique_lock lock(mutex_);
  while (!task.is_done) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const bool waits = std::find(waiting_.begin(), waiting_.end(), &task) != waiting_.end();
    work_on(waits ? task : *waiting_.front(), lock);
  }
  return task.outcome;
}

void StreamPool::close(Task& task) {
  tasks_.remove_if([&task](const Task& other) { return &other == &task; });
}

}  // namespace skiff::unpack
