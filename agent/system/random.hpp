// A random number for jitter, from the operating system's generator.
#pragma once

#include <cstdint>

#include "skiff/trust.hpp"

namespace skiff::agent {

inline std::uint64_t random_number() {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : random_bytes(sizeof(value))) value = value << 8 | byte;
  return value;
}

}  // namespace skiff::agent
