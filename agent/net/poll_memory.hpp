// PollMemory: what one poll leaves to the next of the same process, so that an idle one costs little.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/net/tls_context.hpp"
#include "skiff/repackers.hpp"

namespace skiff::agent {

struct PollMemory {
  TlsSessions sessions;
  std::optional<RepackerVersions> repackers;  ///< of the decoder, once it was asked
  // Of the last check-in that was answered with "nothing" (server/API.md):
  std::string check_in;  ///< its text
  std::string tag;
  std::uint64_t poll_after = 0;  ///< seconds
};

}  // namespace skiff::agent
