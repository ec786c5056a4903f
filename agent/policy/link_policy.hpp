// LinkPolicy: what a device lets its own link be used for, whatever the server offers.
#pragma once

#include <cstdint>

#include "agent/policy/windows.hpp"
#include "skiff/json.hpp"

namespace skiff::agent {

struct LinkPolicy {
  enum class Period : std::uint8_t { kDay, kMonth };

  std::uint64_t rate = 0;    ///< bytes a second, each way; 0: as fast as it goes
  std::uint64_t budget = 0;  ///< bytes of all sockets, both ways, in a period; 0: any number
  Period period = Period::kMonth;
  bool metered = false;                ///< no full images
  std::uint64_t largest_download = 0;  ///< bytes of a delta; 0: any
  Windows download;
  Windows install;  ///< when a new slot may be armed and booted
};

/// Below this a TLS handshake takes minutes, and a slow link cannot be told from a dead one.
inline constexpr std::uint64_t kLowestRate = 256;
/// A month's polls and metadata fit.
inline constexpr std::uint64_t kLowestBudget = 65'536;

/// The member `link` of the configuration; kFormat where a member is odd or unknown, and it is named.
Result<LinkPolicy> parse_link_policy(const Json& json);

}  // namespace skiff::agent
