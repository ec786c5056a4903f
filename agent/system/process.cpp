#include "agent/system/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <optional>

#include "agent/system/account.hpp"
#include "agent/system/os.hpp"

namespace skiff::agent {
namespace {

using Time = std::chrono::steady_clock;

constexpr int kCannotStart = 127;
constexpr std::chrono::milliseconds kReapInterval{20};

/// What the child needs, made before fork(): between fork() and exec() only async-signal-safe calls are
/// allowed.
struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::optional<Account> account;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void child(const Prepared& prepared, int output) {
  ::setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDONLY);
  const bool wired = null >= 0 && ::dup2(null, 0) >= 0 && ::dup2(output, 1) >= 0 && ::dup2(output, 2) >= 0;
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (wired && (!prepared.account || become(*prepared.account))) {
    ::execve(prepared.argv[0], prepared.argv.data(), prepared.environment.data());
  }
  ::_exit(kCannotStart);
}

/// A running child; whatever happens, its group is killed and it is reaped.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill_group();
    if (!status_) ::waitpid(pid_, nullptr, 0);
  }
  void kill_group() const { ::kill(-pid_, SIGKILL); }
  bool ended() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_.has_value();
  }
  int wait() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, 0) == pid_) status_ = status;
    return status_.value_or(0);
  }

 private:
  pid_t pid_;
  std::optional<int> status_;
};

/// Takes what is in the pipe now. False at its end.
bool drain(int fd, std::string& output, std::size_t max_output) {
  std::array<char, 4096> block;
  const ssize_t got = ::read(fd, block.data(), block.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  const std::size_t room = max_output - std::min(max_output, output.size());
  output.append(block.data(), std::min(room, static_cast<std::size_t>(got)));
  return got > 0;
}

/// Reads until the child has ended or the time is over. The pipe's end alone says nothing: a grandchild may
/// hold it open, and a child may close it.
bool collect(Child& process, const Descriptor& pipe, const ProcessRequest& request, std::string& output) {
  const Time::time_point deadline = Time::now() + request.timeout;
  bool open = true;
  while (!process.ended()) {
    if (Time::now() >= deadline) return false;
    struct pollfd wait = {open ? pipe.get() : -1, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(kReapInterval.count())) > 0) {
      open = drain(pipe.get(), output, request.max_output);
    }
  }
  process.kill_group();
  for (struct pollfd left = {pipe.get(), POLLIN, 0}; open && ::poll(&left, 1, 0) > 0;) {
    open = drain(pipe.get(), output, request.max_output);
  }
  return true;
}

}  // namespace

Result<ProcessResult> run_process(const ProcessRequest& request) {
  if (::access(request.argv.at(0).c_str(), X_OK) != 0) return os_error("run", request.argv[0]);
  std::vector<std::string> environment = request.environment;
  environment.emplace_back("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  Prepared prepared{pointers(request.argv), pointers(environment), std::nullopt};
  if (!request.user.empty()) {
    SKIFF_ASSIGN(prepared.account, find_account(request.user));
  }
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return os_error("make a pipe for", request.argv[0]);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return os_error("start", request.argv[0]);
  if (pid == 0) child(prepared, writing.get());
  ::setpgid(pid, pid);  // in both, so that the group exists whoever runs first
  writing.reset();
  Child process(pid);
  ProcessResult result;
  result.timed_out = !collect(process, reading, request, result.output);
  process.kill_group();
  const int status = process.wait();
  result.exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace skiff::agent
