// The logistic function and its inverse in integers: how the mixer goes between probabilities and evidence.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace skiff {

/// Evidence is 256 · ln(p / (1 − p)), between −kStretchLimit and kStretchLimit.
inline constexpr std::int32_t kStretchLimit = 2944;

/// Both functions as tables, computed once from 93 knots: FORMAT.md, section 9.2.
struct LogisticTables {
  std::array<std::uint16_t, 2 * kStretchLimit + 1> squash{};  ///< [x + kStretchLimit] → p · 65536
  std::array<std::int16_t, 4096> stretch{};                   ///< [p16 / 16] → evidence
};
const LogisticTables& logistic_tables();

/// p16: probability of 1 in 1/65536, 0 to 65535.
inline std::int32_t stretch(const LogisticTables& tables, std::uint32_t p16) {
  return tables.stretch[p16 >> 4];
}
/// evidence: within ±kStretchLimit.
inline std::uint32_t squash_within(const LogisticTables& tables, std::int32_t evidence) {
  return tables.squash[static_cast<std::uint32_t>(evidence + kStretchLimit)];
}
inline std::uint32_t squash(const LogisticTables& tables, std::int32_t evidence) {
  return squash_within(tables, std::clamp(evidence, -kStretchLimit, kStretchLimit));
}

}  // namespace skiff
