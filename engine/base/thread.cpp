#include "base/thread.hpp"

#include <signal.h>

#include <utility>

namespace skiff {

Thread::Thread(std::function<void()> work) : work_(std::move(work)) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  has_begun_ = ::pthread_create(&thread_, nullptr, run, this) == 0;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Thread::~Thread() {
  if (has_begun_) ::pthread_join(thread_, nullptr);
}

void* Thread::run(void* own) {
  static_cast<Thread*>(own)->work_();
  return nullptr;
}

}  // namespace skiff
