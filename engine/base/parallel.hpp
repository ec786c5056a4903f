// Work spread over threads so that their number changes nothing: two tasks at once, and ordered_parallel_for,
// whose results are taken in order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "skiff/result.hpp"

namespace skiff {

/// Calls both, `other` on a thread of its own if `threads` allows; returns when both are done. Neither may
/// need what the other makes.
template <typename Here, typename Other>
void run_both(unsigned threads, const Here& here, const Other& other) {
  if (threads <= 1) {
    here();
    other();
    return;
  }
  std::thread worker(other);
  here();
  worker.join();
}

/// Calls `produce(i)` (a Result<T>) for every i below `count` on `threads` threads, and `consume(i, T&&)`
/// (a Result<void>) for i = 0, 1, … in order on the calling thread. At most 2 · `threads` values wait to be
/// consumed, which bounds memory. Returns the error of the lowest i that has one; nothing after it is
/// consumed. `produce` must be safe to call from several threads at once. With one thread everything runs in
/// the caller.
template <typename T, typename Produce, typename Consume>
Result<void> ordered_parallel_for(std::size_t count, unsigned threads, const Produce& produce,
                                  const Consume& consume) {
  if (threads <= 1 || count <= 1) {
    for (std::size_t i = 0; i < count; ++i) {
      SKIFF_ASSIGN(T value, produce(i));
      SKIFF_TRY(consume(i, std::move(value)));
    }
    return {};
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::size_t, Result<T>> ready;
  std::size_t next = 0;
  std::size_t consumed = 0;
  bool stop = false;
  const std::size_t ahead = std::size_t{2} * threads;

  const auto work = [&] {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return stop || next >= count || next < consumed + ahead; });
      if (stop || next >= count) return;
      const std::size_t i = next++;
      lock.unlock();
      Result<T> value = produce(i);
      lock.lock();
      ready.emplace(i, std::move(value));
      changed.notify_all();
    }
  };
  std::vector<std::thread> workers;
  for (unsigned t = 0; t < threads && t < count; ++t) workers.emplace_back(work);

  Result<void> outcome;
  for (std::size_t i = 0; i < count && outcome; ++i) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ready.contains(i); });
    auto node = ready.extract(i);
    lock.unlock();
    if (node.mapped()) {
      outcome = consume(i, std::move(*node.mapped()));
    } else {
      outcome = tl::unexpected<Error>(std::move(node.mapped()).error());
    }
    lock.lock();
    consumed = i + 1;
    stop = !outcome;
    changed.notify_all();
  }
  for (std::thread& worker : workers) worker.join();
  return outcome;
}

}  // namespace skiff
