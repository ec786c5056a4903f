// Small owners and error texts of the operating system's interfaces.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "skiff/result.hpp"

namespace skiff::agent {

/// A file descriptor that closes itself; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Of a std::unique_ptr to what a C library made: calls what that library frees it by.
template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};

/// "cannot open /dev/sda2: Permission denied", from errno; kNotFound for ENOENT, kLimit for a full disk, else
/// kIo.
inline tl::unexpected<Error> os_error(std::string_view action, const std::filesystem::path& path,
                                      int code = errno) {
  ErrorKind kind = ErrorKind::kIo;
  if (code == ENOENT) kind = ErrorKind::kNotFound;
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) kind = ErrorKind::kLimit;
  return fail(kind, "cannot " + std::string(action) + " " + path.string() + ": " + std::strerror(code));
}

}  // namespace skiff::agent
