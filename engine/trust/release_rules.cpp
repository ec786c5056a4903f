#include "trust/release_rules.hpp"

#include <algorithm>

#include "trust/json_limits.hpp"
#include "trust/release_names.hpp"

namespace skiff {
namespace {

constexpr std::size_t kMaxVersionLength = 64;

bool share_hardware(const Release& release, const NewRelease& added) {
  return std::ranges::any_of(added.hardware, [&](const std::string& id) {
    return std::ranges::find(release.hardware, id) != release.hardware.end();
  });
}

}  // namespace

Result<void> check_fields(const NewRelease& release) {
  if (!is_plain_name(release.name)) return fail(ErrorKind::kUsage, "name: not a plain file name");
  if (release.hardware.empty()) return fail(ErrorKind::kUsage, "hardware: no ids");
  if (!std::ranges::all_of(release.hardware, is_plain_name)) {
    return fail(ErrorKind::kUsage, "hardware: an id is not a plain name");
  }
  if (release.version.empty() || release.version.size() > kMaxVersionLength) {
    return fail(ErrorKind::kUsage, "version: empty or longer than " + std::to_string(kMaxVersionLength));
  }
  if (release.release_counter > std::uint64_t{kMaxJsonInteger}) {
    return fail(ErrorKind::kUsage, "release_counter: beyond 2^53-1");
  }
  return {};
}

Result<void> check_successor(const std::vector<Release>& present, const NewRelease& added) {
  for (const Release& release : present) {
    if (release.target == std::string(kReleasesRole) + "/" + added.name) {
      return fail(ErrorKind::kUsage, "name: " + release.target + " exists");
    }
    if (share_hardware(release, added) && release.release_counter >= added.release_counter) {
      return fail(ErrorKind::kRollback, "release_counter: " + std::to_string(added.release_counter) +
                                            " does not rise above that of " + release.target + ", " +
                                            std::to_string(release.release_counter));
    }
  }
  return {};
}

}  // namespace skiff
