// PollMemory: what one poll leaves to the next of the same process, so that an idle one costs little.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "skiff/repackers.hpp"

namespace skiff::agent {

/// TLS sessions to resume (RFC 8446, 2.2). Not thread-safe; outlives the clients that use it.
class TlsSessions {
 public:
  TlsSessions();
  ~TlsSessions();
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;
  [[nodiscard]] void* handle() const { return share_; }  ///< a CURLSH

 private:
  void* share_;
};

struct PollMemory {
  TlsSessions sessions;
  std::optional<RepackerVersions> repackers;  ///< of the decoder, once it was asked
  // Of the last check-in that was answered with "nothing" (server/API.md):
  std::string check_in;  ///< its text
  std::string tag;
  std::uint64_t poll_after = 0;  ///< seconds
};

}  // namespace skiff::agent
