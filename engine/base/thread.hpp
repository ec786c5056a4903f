// Thread: work beside the caller's, where the system has a thread for it.
#pragma once

#include <pthread.h>

#include <functional>

namespace skiff {

/// Takes no signals: those are the program's. Where exceptions are off std::thread ends the process if no
/// thread can begin; this one says so.
class Thread {
 public:
  /// Calls `work` on a thread of its own, if one can begin.
  explicit Thread(std::function<void()> work);
  /// Waits until it is done.
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  [[nodiscard]] bool has_begun() const { return has_begun_; }

 private:
  static void* run(void* own);

  std::function<void()> work_;
  pthread_t thread_{};
  bool has_begun_ = false;
};

}  // namespace skiff
