#include "agent/decode/sandbox.hpp"

#include <linux/close_range.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <utility>

#include "agent/system/account.hpp"

namespace skiff::agent {
namespace {

constexpr unsigned kNobody = 65'534;

struct FilterRelease {
  void operator()(scmp_filter_ctx filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterRelease>;

bool become_nobody() { return ::geteuid() != 0 || become({kNobody, kNobody}); }

bool give_up_rights() {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

bool limit(std::uint64_t memory) {
  const std::pair<decltype(RLIMIT_DATA), rlim_t> limits[] = {
      {RLIMIT_DATA, memory}, {RLIMIT_CORE, 0}, {RLIMIT_FSIZE, 0}, {RLIMIT_NOFILE, 1}};
  for (const auto& [what, most] : limits) {
    const rlimit bounds{most, most};
    if (::setrlimit(what, &bounds) != 0) return false;
  }
  return true;
}

bool allow(const Filter& filter, std::initializer_list<int> calls) {
  for (const int call : calls) {
    if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0) return false;
  }
  return true;
}

/// On the one socket.
bool allow_talk(const Filter& filter, std::initializer_list<int> calls) {
  const scmp_arg_cmp on_socket{0, SCMP_CMP_EQ, kSandboxSocket, 0};
  for (const int call : calls) {
    if (seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &on_socket) != 0) return false;
  }
  return true;
}

/// Memory that is never executable.
bool allow_memory(const Filter& filter, std::initializer_list<int> calls) {
  const scmp_arg_cmp not_executable{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
  for (const int call : calls) {
    if (seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &not_executable) != 0) return false;
  }
  return true;
}

/// Threads of this process, and nothing else that clone() makes. The flags of clone3() are in memory, where
/// no filter sees them: it is said not to be there, and the C library falls back.
bool allow_threads(const Filter& filter) {
  constexpr scmp_datum_t kThread = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
  constexpr scmp_datum_t kApart = CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |
                                  CLONE_NEWUSER | CLONE_NEWUTS | CLONE_PTRACE;
  const scmp_arg_cmp is_thread{0, SCMP_CMP_MASKED_EQ, kThread | kApart, kThread};
  return seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &is_thread) == 0 &&
         seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
         allow(filter,
               {SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask)});
}

bool install_filter() {
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  return filter &&
         allow_talk(filter, {SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(recv), SCMP_SYS(send)}) &&
         allow_memory(filter, {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)}) &&
         allow(filter,
               {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
                SCMP_SYS(futex_time64), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit), SCMP_SYS(exit_group)}) &&
         allow_threads(filter) && seccomp_load(filter.get()) == 0;
}

}  // namespace

Result<void> enter_sandbox(std::uint64_t memory) {
  const auto missing = [](const char* what) {
    return fail(ErrorKind::kUnsupported, std::string("sandbox: ") + what + ": " + std::strerror(errno));
  };
  ::mallopt(M_ARENA_MAX, 1);  // of one heap for each thread malloc() would ask how many processors there are
  if (::close_range(kSandboxSocket + 1, ~0U, 0) != 0) return missing("close_range");
  if (!become_nobody()) return missing("becoming nobody");
  if (!give_up_rights()) return missing("no_new_privs");
  if (!limit(memory)) return missing("setrlimit");
  if (!install_filter()) return missing("seccomp");
  return {};
}

}  // namespace skiff::agent
