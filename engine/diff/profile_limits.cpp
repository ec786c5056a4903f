#include "diff/profile_limits.hpp"

namespace skiff {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;

/// Blocks are weighed one by one and at the codec's lowest level, which overstates a segment by about a
/// third.
constexpr std::uint64_t overstated(std::uint64_t wire) { return wire * 4 / 3; }

}  // namespace

PlanLimits plan_limits(Profile profile) {
  switch (profile) {
    case Profile::kTiny:
      return {16 * kMiB, 2880, 216 * kKiB, overstated(64 * kKiB)};
    case Profile::kStandard:
      return {64 * kMiB, 24'576, 5 * kMiB / 2, overstated(256 * kKiB)};
    case Profile::kMax:
      return {64 * kMiB, 81'920, 12 * kMiB, overstated(1 * kMiB)};
  }
  return {};
}

PlanLimits mixed_plan_limits(Profile profile) {
  constexpr std::uint64_t kNoRaw = ~std::uint64_t{0};
  switch (profile) {
    case Profile::kTiny:
      return {16 * kMiB, 1'470, kNoRaw, 64 * kKiB};
    case Profile::kStandard:
      return {64 * kMiB, 24'576, kNoRaw, 256 * kKiB};
    case Profile::kMax:
      return {64 * kMiB, 65'536, kNoRaw, 1 * kMiB};
  }
  return {};
}

}  // namespace skiff
