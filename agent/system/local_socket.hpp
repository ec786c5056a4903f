// LocalAddress: where a Unix socket is.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "skiff/result.hpp"

namespace skiff::agent {

class LocalAddress {
 public:
  /// A path, or after '@' an abstract name (unix(7)). kUsage where there is none, or it is too long for an
  /// address.
  static Result<LocalAddress> of(const std::filesystem::path& path);

  [[nodiscard]] const struct sockaddr* get() const {
    return reinterpret_cast<const struct sockaddr*>(&address_);
  }
  [[nodiscard]] socklen_t length() const { return length_; }

 private:
  LocalAddress() = default;
  struct sockaddr_un address_ = {};
  socklen_t length_ = 0;
};

}  // namespace skiff::agent
