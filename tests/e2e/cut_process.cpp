// A library to be loaded before a program (LD_PRELOAD) that kills it in the middle of its work: at the k-th
// call that changes a file, before the call is made. SKIFF_CUT_AT=k says when (0: never),
// SKIFF_CUT_COUNT=FILE where the number of such calls is written when the program ends by itself.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace {

std::atomic<unsigned long> calls{0};

unsigned long cut_at() {
  static const char* const told = std::getenv("SKIFF_CUT_AT");
  return told == nullptr ? 0 : std::strtoul(told, nullptr, 10);
}

void count() {
  if (++calls == cut_at()) ::kill(::getpid(), SIGKILL);
}

/// Sockets, pipes and terminals are nothing durable.
void count(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) count();
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct Count {
  ~Count() {
    const char* const path = std::getenv("SKIFF_CUT_COUNT");
    if (path == nullptr) return;
    const unsigned long made = calls;
    if (std::FILE* const file = std::fopen(path, "w")) {
      std::fprintf(file, "%lu\n", made);
      std::fclose(file);
    }
  }
};
const Count at_the_end;

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t length) {
  static auto* const real = next<decltype(write)>("write");
  count(fd);
  return real(fd, bytes, length);
}

ssize_t pwrite(int fd, const void* bytes, size_t length, off_t offset) {
  static auto* const real = next<decltype(pwrite)>("pwrite");
  count(fd);
  return real(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t length, off64_t offset) {
  static auto* const real = next<decltype(pwrite64)>("pwrite64");
  count(fd);
  return real(fd, bytes, length, offset);
}

int fsync(int fd) {
  static auto* const real = next<decltype(fsync)>("fsync");
  count(fd);
  return real(fd);
}

int fdatasync(int fd) {
  static auto* const real = next<decltype(fdatasync)>("fdatasync");
  count(fd);
  return real(fd);
}

int ftruncate(int fd, off_t length) noexcept {
  static auto* const real = next<decltype(ftruncate)>("ftruncate");
  count(fd);
  return real(fd, length);
}

int ftruncate64(int fd, off64_t length) noexcept {
  static auto* const real = next<decltype(ftruncate64)>("ftruncate64");
  count(fd);
  return real(fd, length);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const real = next<decltype(rename)>("rename");
  count();
  return real(from, to);
}

int unlink(const char* path) noexcept {
  static auto* const real = next<decltype(unlink)>("unlink");
  count();
  return real(path);
}

}  // extern "C"
