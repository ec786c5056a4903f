// The time that commands sign with.
#pragma once

#include <chrono>
#include <cstdint>

namespace skiff::cli {

/// Seconds since 1970 UTC, by the system's clock.
inline std::int64_t now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

}  // namespace skiff::cli
