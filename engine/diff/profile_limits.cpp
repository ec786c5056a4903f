#include "diff/profile_limits.hpp"

namespace skiff {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;

}  // namespace

PlanLimits plan_limits(Profile profile) {
  switch (profile) {
    case Profile::kTiny:
      return {16 * kMiB, 8192, 216 * kKiB, 64 * kKiB};
    case Profile::kStandard:
      return {64 * kMiB, 65'536, 3 * kMiB, 256 * kKiB};
    case Profile::kMax:
      return {64 * kMiB, 262'144, 12 * kMiB, 1 * kMiB};
  }
  return {};
}

}  // namespace skiff
