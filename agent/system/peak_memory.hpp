// Peak memory of this process, for reports.
#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace skiff::agent {

/// Largest resident set so far in bytes (getrusage(2)).
inline std::uint64_t peak_memory() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace skiff::agent
